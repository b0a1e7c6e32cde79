import { z } from 'zod';
import { memoryBroker } from '../broker/memory/memory-broker';
import { defineJob } from '../contracts/define-job';
import { defineSchedule } from './define-schedule';
import { ScheduleRegistration } from './register';

const Report = defineJob({ type: 'report.sales', payload: z.object({ days: z.number() }), priority: 'low' });
const base = { name: 'sales', job: Report, payload: { days: 7 } };

test('a schedule says what the ledger must know, with the level of its type', () => {
  const { request } = defineSchedule({ ...base, cron: 'daily', timeZone: 'Europe/Berlin', overlap: 'skip' });
  expect(request).toMatchObject({
    ...{ name: 'sales', type: 'report.sales', payload: { days: 7 }, options: { priority: 'low' } },
    ...{ cron: 'daily', timeZone: 'Europe/Berlin', overlap: 'skip' },
  });
});

it.each([
  [{ ...base, every: '1m', name: 'Not Legal' }, 'name'],
  [{ ...base, every: '1m', name: 'x'.repeat(81) }, 'name'],
  [{ ...base }, 'cron'],
  [{ ...base, cron: '* * * * *', every: '1m' }, 'cron'],
  [{ ...base, every: 'often' }, 'every'],
  [{ ...base, every: 10 }, 'every'],
  [{ ...base, every: '1m', timeZone: 'UTC' }, 'timeZone'],
  [{ ...base, cron: '* * * * *', timeZone: 'Mars/Olympus' }, 'timeZone'],
  [{ ...base, cron: '61 * * * *' }, 'cron.minute'],
  [{ ...base, every: '1m', options: { attempts: 0 } }, 'options.attempts'],
  [{ ...base, every: '1m', payload: { days: 'many' as unknown as number } }, 'payload.days'],
])('with a mistake is refused, naming the field (%#)', (declaration, field) => {
  let error: unknown;
  try {
    defineSchedule(declaration);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ field });
});

test('two of one name are refused', () => {
  const schedules = [defineSchedule({ ...base, every: '1m' }), defineSchedule({ ...base, every: '2m' })];
  const publisher = memoryBroker().publisher();
  expect(() => new ScheduleRegistration({ schedules, publisher, by: 'x' })).toThrow('Two schedules are called "sales"');
});
