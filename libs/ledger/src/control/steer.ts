import type { Recorder } from '../record/recorder';
import type { JobRow } from '../record/job-row';
import { lockRows } from '../record/lock-rows';
import type { Transaction } from '../store/database';
import type { LedgerError } from '../store/ledger-error';
import { type Placed, changeControl, controlKey } from './control-store';
import type { Decide, Decision, HeldJob, PlaceAfter } from './decision';
import { madeBy } from './made-by';
import { passableAt } from './passable-at';
import { refused } from './refused';

type Changed = Extract<Decision, { kind: 'changed' }> & { before: JobRow | undefined };

/** What became of each job: undefined when it went well. */
export type Verdicts = Map<string, LedgerError | undefined>;

/**
 * Decides on jobs, each by itself, and carries it out: rows with all that hangs on them, what is to be published, what
 * is revoked. One transaction of the caller's, one version of control.
 */
export async function steer(
  tx: Transaction,
  recorder: Recorder,
  ids: readonly string[],
  decide: Decide,
): Promise<Verdicts> {
  await lockRows(tx);
  const known = await lookAround(tx, ids);
  const verdicts: Verdicts = new Map();
  const changed = new Map<string, Changed>();
  await recorder.revise(tx, ids, (row, id) => {
    const isRemoved = !row && known.removed.has(id);
    const decision = isRemoved ? refused('job_not_found', { id }) : decide(row && heldOf(row, known), id, known.now);
    if (decision.kind !== 'changed') return refuse(verdicts, id, decision);
    if (decision.takesKey && row?.uniqueKey !== undefined) known.takenKeys.add(row.uniqueKey);
    verdicts.set(id, undefined);
    changed.set(id, { ...decision, before: row });
    return decision.row;
  });
  await place(tx, changed);
  await takeKeys(tx, changed);
  await changeControl(tx, { set: [...changed].flatMap((of) => placedOf(of, known)) });
  return verdicts;
}

function refuse(verdicts: Verdicts, id: string, decision: Decision): undefined {
  verdicts.set(id, decision.kind === 'refused' ? decision.error : undefined);
}

interface Surroundings {
  /** By the database's clock. */
  now: number;
  inLedger: ReadonlySet<string>;
  revoked: ReadonlySet<string>;
  removed: ReadonlySet<string>;
  takenKeys: Set<string>;
  wholes: { queue: string; type: string | null; priority: string | null; before: number }[];
}

async function lookAround(tx: Transaction, ids: readonly string[]): Promise<Surroundings> {
  const { rows } = await tx.query<{
    now: number;
    in_ledger: string[];
    revoked: string[];
    removed: string[];
    taken_keys: string[];
    wholes: Surroundings['wholes'] | null;
  }>(SURROUNDINGS, [ids, ids.map(controlKey.revoke)]);
  const [row] = rows;
  return {
    now: Math.round(row?.now ?? 0),
    inLedger: new Set(row?.in_ledger),
    revoked: new Set(row?.revoked),
    removed: new Set(row?.removed),
    takenKeys: new Set(row?.taken_keys),
    wholes: row?.wholes ?? [],
  };
}

const SURROUNDINGS = `
select extract(epoch from clock_timestamp())::float8 * 1000 as now,
  array(select id from jobs where id = any($1::uuid[]) and in_ledger) as in_ledger,
  array(select key from control where key = any($2)) as revoked,
  array(select id from tombstones where id = any($1::uuid[])) as removed,
  array(select keys.key from keys where (until is null or until > now()) and key in
    (select unique_key from history where id = any($1::uuid[]))) as taken_keys,
  (select json_agg(entry) from control where key like 'revoke-all:%') as wholes`;

function heldOf(row: JobRow, known: Surroundings): HeldJob {
  return {
    row,
    inLedger: known.inLedger.has(row.id),
    revoked: known.revoked.has(controlKey.revoke(row.id)),
    covered: known.wholes.some(
      ({ queue, type, priority, before }) =>
        queue === row.queue &&
        (type ?? row.type) === row.type &&
        (priority ?? row.priority) === row.priority &&
        (madeBy(row) ?? Infinity) < before,
    ),
    keyTaken: row.uniqueKey !== undefined && known.takenKeys.has(row.uniqueKey),
  };
}

/** What a relay is publishing just now cannot be taken back: its rows are locked, and its messages revoked. */
async function place(tx: Transaction, changed: ReadonlyMap<string, Changed>): Promise<void> {
  const at = (wanted: PlaceAfter): string[] =>
    [...changed].filter(([, decision]) => decision.place === wanted).map(([id]) => id);
  const [held, outgoing, nowhere] = [at('ledger'), at('outbox'), at('nowhere')];
  const moved = [...held, ...outgoing, ...nowhere];
  if (moved.length === 0) return;
  await tx.query(TAKE_BACK, [moved]);
  await tx.query('update jobs set in_ledger = id = any($2::uuid[]) where id = any($1::uuid[])', [moved, held]);
  if (outgoing.length > 0) await tx.query(PUT_OUTBOX, [outgoing]);
}

const TAKE_BACK = `
delete from outbox where seq in (select seq from outbox where job_id = any($1::uuid[]) for update skip locked)`;

const PUT_OUTBOX = `
insert into outbox (job_id, generation) select id, generation from jobs where id = any($1::uuid[]) on conflict do nothing`;

async function takeKeys(tx: Transaction, changed: ReadonlyMap<string, Changed>): Promise<void> {
  const taken = [...changed].filter(([, { takesKey }]) => takesKey);
  if (taken.length === 0) return;
  await tx.query(
    `insert into keys (key, job_id) select * from unnest($1::text[], $2::uuid[])
     on conflict (key) do update set job_id = excluded.job_id, until = null`,
    [taken.map(([, { row }]) => row.uniqueKey), taken.map(([id]) => id)],
  );
}

function placedOf([id, { revoke, row, before }]: [string, Changed], { now, revoked }: Surroundings): Placed[] {
  if (!revoke) return [];
  const key = controlKey.revoke(id);
  return [
    {
      key,
      entry: { kind: 'revoke', id, ...revoke },
      queue: row.queue === '' ? undefined : row.queue,
      passableAt: passableAt(before ?? row, now),
      several: revoked.has(key),
    },
  ];
}
