import type { Database } from '../../libs/ledger/src';

/** What became of one moment of a schedule. */
export interface Tick {
  instant: number;
  outcome: string;
  by: string;
  jobId: string | null;
  /** Moments that were decided together have one. */
  decidedAt: number;
}

/** By their moments. */
export function ticksOf(database: Database, schedule: string): Promise<Tick[]> {
  return database.query<Tick & Record<string, unknown>>(
    `select round(extract(epoch from instant) * 1000)::float8 as instant, outcome, ticked_by as by, job_id as "jobId",
       extract(epoch from decided_at)::float8 * 1000 as "decidedAt"
     from schedule_ticks where schedule = $1 order by instant`,
    [schedule],
  );
}

/** Of a schedule of seconds: each of them is decided once, and each that says so has its job, which knows it. */
export async function expectWhole(database: Database, schedule: string): Promise<Tick[]> {
  const ticks = await ticksOf(database, schedule);
  const instants = ticks.map(({ instant }) => instant);
  const [first = 0, last = 0] = [instants[0], instants.at(-1)];
  expect(instants).toEqual(Array.from({ length: (last - first) / 1_000 + 1 }, (_, i) => first + i * 1_000));
  const jobs = await database.query<{ id: string; at: number }>(
    `select id, extract(epoch from scheduled_for)::float8 * 1000 as at from jobs where schedule = $1 order by scheduled_for`,
    [schedule],
  );
  const made = ticks.filter(({ jobId }) => jobId !== null);
  expect(jobs).toEqual(made.map(({ jobId, instant }) => ({ id: jobId, at: instant })));
  return ticks;
}

export const isScheduler = (who: string): boolean => who.startsWith('scheduler');
