import type { ScheduleFigures } from '@scutwork/ledger';
import { Registry } from 'prom-client';
import { scheduleMetrics } from './schedule-metrics';

const figures: ScheduleFigures = {
  ...{ name: 'a', enabled: true, handled: true, lateMs: 0 },
  ...{ runs: 1, missed: 0, skipped: 0, failed: 0 },
};

test('one scrape asks once, and the next one anew', async () => {
  const registry = new Registry();
  let asked = 0;
  scheduleMetrics(registry, { scheduleFigures: async () => [{ ...figures, missed: ++asked }] });
  expect(await registry.metrics()).toContain('scutwork_schedule_missed_total{schedule="a"} 1\n');
  expect(await registry.metrics()).toContain('scutwork_schedule_missed_total{schedule="a"} 2\n');
  expect(asked).toBe(2);
});

test('one that has not ticked yet has no last tick', async () => {
  const registry = new Registry();
  scheduleMetrics(registry, { scheduleFigures: async () => [figures] });
  expect(await registry.metrics()).not.toMatch(/^scutwork_schedule_last_tick_timestamp_seconds{/m);
});

test('while the database is away nothing is told of schedules, and that it is away', async () => {
  const registry = new Registry();
  scheduleMetrics(registry, { scheduleFigures: () => Promise.reject(new Error('away')) });
  const text = await registry.metrics();
  expect(text).toContain('scutwork_ledger_up 0\n');
  expect(text).not.toContain('schedule=');
});
