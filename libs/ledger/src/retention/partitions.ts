import type { Transaction } from '../store/database';
import { DAY_MS, type Day, dayIn, dayOf } from './days';

/** What is kept by days: the parent of the days, and the column that tells the day. */
export const BY_DAY = {
  history_completed: 'finished_at',
  history_given_up: 'finished_at',
  history_own: 'finished_at',
  logs: 'at',
} as const;
export type ByDay = keyof typeof BY_DAY;

export const PARENTS = Object.keys(BY_DAY) as ByDay[];

/** Days made beyond today. Without its day a row goes to the `_rest`, and is moved when the day is made. */
const AHEAD = 1;

/** Whoever waits for a lock makes all others wait behind it: it gives up soon, and tries again at its next time. */
export const LOCK_WAIT = "set local lock_timeout = '2s'";

export interface Partition {
  name: string;
  day: Day;
}

/** The days that there are, oldest first. */
export async function partitionsOf(tx: Transaction, parent: ByDay): Promise<Partition[]> {
  const { rows } = await tx.query<{ name: string }>(
    'select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = $1::regclass order by relname',
    [parent],
  );
  return rows.flatMap(({ name }) => {
    const day = dayIn(name);
    return day ? { name, day } : [];
  });
}

/** The days of a parent that are missing: those to come, and those since `since` that rows in its `_rest` are of. */
export async function missingDays(tx: Transaction, parent: ByDay, now: number, since: number): Promise<Day[]> {
  const there = new Set((await partitionsOf(tx, parent)).map(({ day }) => day.name));
  const last = now + AHEAD * DAY_MS;
  const { rows } = await tx.query<{ at: number }>(
    `select distinct floor(extract(epoch from ${BY_DAY[parent]}) / 86400)::float8 * 86400000 as at from ${parent}_rest
     where ${BY_DAY[parent]} between to_timestamp($1::float8 / 1000) and to_timestamp($2::float8 / 1000)`,
    [since, last],
  );
  const wanted = new Map(rows.map(({ at }) => [dayOf(at).name, dayOf(at)]));
  for (let at = now; at <= last; at += DAY_MS) wanted.set(dayOf(at).name, dayOf(at));
  return [...wanted.values()].filter(({ name }) => !there.has(name)).sort((a, b) => a.start - b.start);
}

/** Within a transaction: makes a day, with what of it had gone to the `_rest`. */
export async function makeDay(tx: Transaction, parent: ByDay, day: Day): Promise<void> {
  const name = `${parent}_${day.name}`;
  const [from, to] = [new Date(day.start).toISOString(), new Date(day.end).toISOString()];
  const within = `${BY_DAY[parent]} >= '${from}' and ${BY_DAY[parent]} < '${to}'`;
  await tx.query(`create table ${name} (like ${parent} including all)`);
  await tx.query(
    `with moved as (delete from ${parent}_rest where ${within} returning *) insert into ${name} select * from moved`,
  );
  await tx.query(`alter table ${parent} attach partition ${name} for values from ('${from}') to ('${to}')`);
}
