import { z } from 'zod';
import type { AddedJob } from '../client/jobs-client';
import { defineJob } from '../contracts/define-job';
import { JobError, JobNotAccepted } from '../contracts/errors';
import type { JobOptions } from '../contracts/options';
import { EventBus } from '../events/event-bus';
import { fakeClock } from '../testing/fake-clock';
import { type Schedule, defineSchedule } from './define-schedule';
import { Ticker } from './ticker';

const Report = defineJob({ type: 'report.sales', payload: z.object({ days: z.number() }) });
const base = { name: 'sales', job: Report, payload: { days: 7 } };
const START = Date.UTC(2030, 0, 1);

/** A client that keeps what was added, or answers as `answer` says. */
function setUp(schedules: readonly Schedule[], answer: () => void = () => undefined) {
  const clock = fakeClock(START);
  const added: { id?: string; payload: unknown; options?: JobOptions; schedule?: string; afterMs: number }[] = [];
  const events = new EventBus();
  const failed: string[] = [];
  events.on('schedule.failed', ({ reason }) => failed.push(reason));
  const client = {
    addNamed: async (
      type: string,
      payload: unknown,
      options?: JobOptions,
      from?: { schedule?: string },
    ): Promise<AddedJob> => {
      answer();
      added.push({ id: options?.id, payload, options, schedule: from?.schedule, afterMs: clock.now() - START });
      return { id: 'x', type, queue: 'report', state: 'waiting' };
    },
  };
  const ticker = new Ticker({ schedules, client, events, clock });
  return { clock, added, failed, ticker };
}

describe('a ticker', () => {
  it('adds a job at each occurrence, under an id that every replica makes', async () => {
    const { clock, added, ticker } = setUp([
      defineSchedule({ ...base, cron: '*/5 * * * *', options: { priority: 'low' } }),
    ]);
    await ticker.start();
    await clock.advance(10 * 60_000);
    expect(added).toEqual([
      expect.objectContaining({
        id: 'schedule:sales:2030-01-01T00:05:00.000Z',
        schedule: 'sales',
        payload: { days: 7 },
        afterMs: 300_000,
      }),
      expect.objectContaining({
        id: 'schedule:sales:2030-01-01T00:10:00.000Z',
        options: expect.objectContaining({ priority: 'low' }),
      }),
    ]);
    await ticker.stop();
  });

  it('does not drift, however long adding takes', async () => {
    const schedule = defineSchedule({ ...base, every: '1m' });
    const { clock, added, ticker } = setUp([schedule]);
    await ticker.start();
    await clock.advance(59_000);
    await clock.advance(3_601_000);
    expect(added).toHaveLength(61);
    expect(added.every(({ afterMs }) => afterMs % 60_000 === 0)).toBe(true);
    await ticker.stop();
  });

  it('waits for what is months away', async () => {
    const { clock, added, ticker } = setUp([defineSchedule({ ...base, cron: '0 0 1 7 *' })]);
    await ticker.start();
    expect(ticker.upcoming()).toEqual([{ name: 'sales', next: Date.UTC(2030, 6, 1) }]);
    await clock.advance(60_000);
    expect(added).toEqual([]);
    await ticker.stop();
  });

  it('repeats with the same id when the broker does not take it, and then goes on', async () => {
    let away = true;
    const unknown = () => {
      if (away) throw new JobNotAccepted('publish_unknown', 'unknown', 'x', 'no answer');
    };
    const { clock, added, failed, ticker } = setUp([defineSchedule({ ...base, every: '1m' })], unknown);
    await ticker.start();
    await clock.advance(150_000);
    away = false;
    await clock.advance(30_000);
    expect(added.map(({ id }) => id)).toEqual([
      'schedule:sales:2030-01-01T00:01:00.000Z',
      'schedule:sales:2030-01-01T00:02:00.000Z',
      'schedule:sales:2030-01-01T00:03:00.000Z',
    ]);
    expect(failed).toEqual([]);
    await ticker.stop();
  });

  it('gives up a tick that is too old, says so, and does not make up for what is long past', async () => {
    let away = true;
    const unknown = () => {
      if (away) throw new JobNotAccepted('broker_unreachable', 'refused', 'x', 'nobody there');
    };
    const { clock, added, failed, ticker } = setUp([defineSchedule({ ...base, every: '1m' })], unknown);
    await ticker.start();
    await clock.advance(20 * 60_000);
    away = false;
    await clock.advance(60_000);
    expect(failed.length).toBeGreaterThan(0);
    expect(added.length).toBeLessThanOrEqual(12);
    expect(added.at(-1)?.id).toBe('schedule:sales:2030-01-01T00:21:00.000Z');
    await ticker.stop();
  });

  it('goes on after a job that is refused for good', async () => {
    let bad = true;
    const refuse = () => {
      if (bad) throw new JobError('type_unknown', 'no such type');
    };
    const { clock, added, failed, ticker } = setUp([defineSchedule({ ...base, every: '1m' })], refuse);
    await ticker.start();
    await clock.advance(60_000);
    bad = false;
    await clock.advance(60_000);
    expect(failed).toEqual(['no such type']);
    expect(added).toHaveLength(1);
    await ticker.stop();
  });

  it('adds nothing after it was stopped, and may be stopped twice or before it started', async () => {
    const { clock, added, ticker } = setUp([defineSchedule({ ...base, every: '1m' })]);
    await ticker.start();
    await ticker.stop();
    await ticker.stop();
    await clock.advance(600_000);
    expect(added).toEqual([]);
    expect(clock.timers).toBe(0);
    await setUp([]).ticker.stop();
  });

  it('refuses two schedules of one name', () => {
    const twice = [defineSchedule({ ...base, every: '1m' }), defineSchedule({ ...base, every: '2m' })];
    expect(() => setUp(twice)).toThrow('Two schedules are called "sales"');
  });
});

describe('a schedule', () => {
  it.each([
    [{ ...base, every: '1m', name: 'Not Legal' }, 'name'],
    [{ ...base, every: '1m', name: 'x'.repeat(81) }, 'name'],
    [{ ...base }, 'cron'],
    [{ ...base, cron: '* * * * *', every: '1m' }, 'cron'],
    [{ ...base, every: 'often' }, 'every'],
    [{ ...base, every: 10 }, 'every'],
    [{ ...base, every: '1m', timeZone: 'UTC' }, 'timeZone'],
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
});
