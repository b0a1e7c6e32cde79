import type { Transaction } from '../store/database';
import { statement } from '../store/database';
import type { Effect } from '../record/change';
import { toColumns } from '../record/columns';
import { copyRows } from '../record/copy-rows';
import type { Secrets } from '../record/secrets';
import type { Draft } from './row-of';
import type { Standing } from './standing';

const PUT_JOBS = statement('put-jobs');
/** Rows, and characters of payloads, that one statement carries. */
const MOST_ROWS = 1_000;
const MOST_CHARS = 4 * 1024 * 1024;

/** Writes what was decided, with everything that depends on it. True when something is to be published. */
export async function put(
  tx: Transaction,
  { jobs, keys, taken }: Standing,
  effects: readonly Effect[],
  secrets: Secrets,
): Promise<boolean> {
  const drafts = [...jobs.values()].flatMap(({ draft }) => draft ?? []);
  if (drafts.length === 0) return false;
  const fresh = drafts.filter(({ before }) => before === undefined);
  const replaced = drafts.filter(({ before }) => before !== undefined);
  const rows = fresh.map(({ after: job, inLedger: own }) => ({ job, own }));
  await copyRows(tx, 'jobs', rows, secrets);
  for (const part of inParts(replaced)) {
    await tx.query(PUT_JOBS, [JSON.stringify(part.map(({ after }) => toColumns(after, secrets)))]);
  }
  const outgoing = drafts.filter(({ inLedger }) => !inLedger).map(({ after }) => after.id);
  if (outgoing.length > 0) await tx.query(PUT_OUTBOX, [outgoing]);
  if (taken.size > 0) {
    const rows = [...taken].map((key) => ({ key, job_id: keys.get(key)?.jobId, until: keys.get(key)?.until }));
    await tx.query(PUT_KEYS, [JSON.stringify(rows)]);
  }
  await putKeeps(tx, drafts);
  for (const effect of effects) await effect(tx, drafts, []);
  return outgoing.length > 0;
}

const PUT_OUTBOX = 'insert into outbox (job_id, generation) select id, 0 from unnest($1::uuid[]) as id';

const PUT_KEYS = `
insert into keys (key, job_id, until)
select key, job_id, to_timestamp(until / 1000.0) from json_to_recordset($1::json) as row (key text, job_id uuid, until float8)
on conflict (key) do update set job_id = excluded.job_id, until = excluded.until`;

async function putKeeps(tx: Transaction, drafts: readonly Draft[]): Promise<void> {
  // One that is replaced may have had rules that the one in its place has not.
  const replaced = drafts.filter(({ before }) => before !== undefined).map(({ after }) => after.id);
  if (replaced.length > 0) await tx.query('delete from keeps where job_id = any($1::uuid[])', [replaced]);
  const ruled = drafts.filter(({ retention }) => retention !== undefined);
  if (ruled.length === 0) return;
  const rows = ruled.map(({ after: { id, type }, retention }) => ({ job_id: id, type, rules: retention }));
  await tx.query(PUT_KEEPS, [JSON.stringify(rows)]);
}

const PUT_KEEPS = `
insert into keeps (job_id, type, rules)
select job_id, type, rules from json_to_recordset($1::json) as row (job_id uuid, type text, rules json)`;

function* inParts(drafts: readonly Draft[]): Generator<Draft[]> {
  let part: Draft[] = [];
  let chars = 0;
  for (const draft of drafts) {
    part.push(draft);
    chars += draft.after.payload?.length ?? 0;
    if (part.length < MOST_ROWS && chars < MOST_CHARS) continue;
    yield part;
    part = [];
    chars = 0;
  }
  if (part.length > 0) yield part;
}
