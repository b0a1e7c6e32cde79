import { SHELF } from '../record/shelf';
import { term } from '../record/terms';
import type { Database, Transaction } from '../store/database';
import { FINISHED, type Finished, removeBatches } from './remove-rows';
import type { RetentionRule } from './rules';

/** Removes the jobs whose own retention is over. */
export async function trimOwn(database: Database, signal: AbortSignal): Promise<void> {
  const find = async (tx: Transaction, most: number): Promise<Finished[]> => {
    const { rows } = await tx.query<Finished>(
      `select ${FINISHED} from history_own t
       where (t.finished_at at time zone 'UTC') + t.keep_ms * interval '1 millisecond' <= now() at time zone 'UTC' limit $1`,
      [most],
    );
    return rows;
  };
  await removeBatches(database, find, { signal });
}

/** Removes jobs beyond the number that they themselves say: the last so many of their type that ended alike are kept. */
export async function trimOwnBeyond(database: Database, signal: AbortSignal): Promise<void> {
  const find = async (tx: Transaction, most: number): Promise<Finished[]> =>
    (await tx.query<Finished>(OWN_BEYOND, [most])).rows;
  await removeBatches(database, find, { signal });
}

const OWN_BEYOND = `
select ${FINISHED} from history t join (
  select job_id, ended_at, last, row_number() over (partition by type, ended order by ended_at desc, job_id desc) as n
  from keeps where last is not null and ended is not null
) kept on t.id = kept.job_id and t.finished_at = kept.ended_at
where kept.n > kept.last limit $1`;

/** Removes what a rule gives up. Jobs with a retention of their own are kept as they say. */
export async function trimByRule(database: Database, rule: RetentionRule, signal: AbortSignal): Promise<void> {
  const { ageMs, last } = rule;
  if (ageMs !== undefined) await removeBatches(database, (tx, most) => findOlder(tx, rule, ageMs, most), { signal });
  if (last !== undefined) await removeBatches(database, (tx, most) => findBeyond(tx, rule, last, most), { signal });
}

const ORDINARY = `t.shelf <> ${SHELF.own}`;

/** Jobs of a queue, a type, a state that finished at least so long ago, oldest first. */
export async function findOlder(
  tx: Transaction,
  of: Pick<RetentionRule, 'queue' | 'type' | 'state'>,
  ageMs: number,
  most: number,
  which = ORDINARY,
): Promise<Finished[]> {
  const { rows } = await tx.query<Finished>(
    `select ${FINISHED} from history t
     where ${which} and ${MATCHES} and t.finished_at <= now() - $5 * interval '1 millisecond'
     order by t.finished_at, t.id limit $6`,
    [...matching(of), ageMs, most],
  );
  return rows;
}

async function findBeyond(tx: Transaction, rule: RetentionRule, last: number, most: number): Promise<Finished[]> {
  const { rows } = await tx.query<Finished>(
    `select ${FINISHED} from history t where ${ORDINARY} and ${MATCHES}
     order by t.finished_at desc, t.id desc offset $5 limit $6`,
    [...matching(rule), last, most],
  );
  return rows;
}

const MATCHES = `t.terms @> $1::int[] and ($2::text is null or t.queue = $2) and ($3::text is null or t.type = $3)
  and ($4::text is null or t.state = $4)`;

function matching({ queue, type, state }: Pick<RetentionRule, 'queue' | 'type' | 'state'>): unknown[] {
  const terms = Object.entries({ queue, type, state }).flatMap(([name, text]) =>
    text === undefined ? [] : term(name, text),
  );
  return [terms, queue ?? null, type ?? null, state ?? null];
}
