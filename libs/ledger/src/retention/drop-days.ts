import type { Database, Transaction } from '../store/database';
import { lockRows } from '../record/lock-rows';
import { isLockTimeout } from './make-days';
import { BY_DAY, type ByDay, LOCK_WAIT, type Partition, partitionsOf } from './partitions';

/** A day is first taken out, which is done at once, then counted and dropped under this name, which may take its time. */
const TAKEN_OUT = 'dropped_';

/**
 * Drops the days that ended before `before` (milliseconds since 1970), each at once, however many rows it has.
 * `heads.dropped` then tells the Recorder that what it does not know and was told before was of these days.
 */
export async function dropDays(database: Database, parent: ByDay, before: number): Promise<void> {
  const partitions = await database.transaction((tx) => partitionsOf(tx, parent));
  for (const partition of partitions) {
    if (partition.day.end > before) continue;
    if (parent === 'history_own' && !(await isEmpty(database, partition.name))) continue;
    await database
      .transaction((tx) => takeOut(tx, parent, partition))
      .catch((error: unknown) => {
        if (!isLockTimeout(error)) throw error;
      });
  }
  await clearRest(database, parent, before);
  await dropTakenOut(database);
}

/** Days of jobs with a retention of their own go when the last of them has gone. */
async function isEmpty(database: Database, partition: string): Promise<boolean> {
  return (await database.query(`select 1 from ${partition} limit 1`)).length === 0;
}

async function takeOut(tx: Transaction, parent: ByDay, { name, day }: Partition): Promise<void> {
  await tx.query(LOCK_WAIT);
  await lockRows(tx);
  if (parent === 'history_completed' || parent === 'history_given_up') await raise(tx, day.end);
  await tx.query(`alter table ${parent} detach partition ${name}`);
  await tx.query(`alter table ${name} rename to ${TAKEN_OUT}${name}`);
}

async function raise(tx: Transaction, dropped: number): Promise<void> {
  await tx.query(
    `insert into heads (name, value) values ('dropped', $1)
     on conflict (name) do update set value = greatest(heads.value, excluded.value)`,
    [dropped],
  );
}

/** Also what a run before this one could not finish. */
async function dropTakenOut(database: Database): Promise<void> {
  const tables = await database.query<{ name: string }>(
    "select relname as name from pg_class where relkind = 'r' and relname ~ $1 and relnamespace = current_schema()::regnamespace",
    [`^${TAKEN_OUT}(history|logs)_.*_?\\d{8}$`],
  );
  for (const { name } of tables) {
    await database.transaction(async (tx) => {
      await tx.query("set local statement_timeout = '10min'");
      if (!name.startsWith(`${TAKEN_OUT}logs`))
        await tx.query(`insert into counts (queue, type, state, n) ${countsOf(name)}`);
      await tx.query(`drop table ${name}`);
    });
  }
}

/** Rows that came too late for a day of their own. */
async function clearRest(database: Database, parent: ByDay, before: number): Promise<void> {
  const gone = `delete from ${parent}_rest where ${BY_DAY[parent]} < to_timestamp($1::float8 / 1000)`;
  if (parent === 'history_own') return;
  if (parent === 'logs') await database.query(gone, [before]);
  else
    await database.query(
      `with gone as (${gone} returning queue, type, state) insert into counts (queue, type, state, n) ${countsOf('gone')}`,
      [before],
    );
}

function countsOf(rows: string): string {
  return `select queue, type, state, -count(*) from ${rows} where type <> '' group by queue, type, state`;
}
