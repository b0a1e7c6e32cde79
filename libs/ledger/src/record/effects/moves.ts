import type { JobEvent } from '@scutwork/jobs/wire';
import { type Placed, changeControl, controlKey } from '../../control/control-store';
import type { Transaction } from '../../store/database';
import { type Change, type Effect, isJobFact } from '../change';
import type { JobRow } from '../job-row';
import { isFinished } from '../merge';
import type { Recorder } from '../recorder';

/**
 * A moved job goes round under a later generation, and the message of the earlier one is revoked. A worker that had it
 * already may start it all the same, and is right: then the later one is revoked, and the ledger follows the earlier.
 * What that one would be tried again with is revoked too, so the next attempt goes out under a generation of its own.
 *
 * @param revise the recorder's
 */
export function followMoves(revise: Recorder['revise']): Effect {
  return async (tx, changes, facts) => {
    const told = factsOfEarlier(changes, facts.filter(isJobFact));
    const [overtaken, followed, onward]: [JobRow[], JobRow[], JobRow[]] = [[], [], []];
    for (const [row, facts] of told) {
      if (isFinished(row)) overtaken.push(row);
      else if (row.stateGeneration < row.generation) onward.push(...(row.state === 'retrying' ? [row] : []));
      else if (hasBegun(row, facts)) followed.push(row);
    }
    await revokeNewest(tx, [...overtaken, ...followed]);
    await follow(tx, revise, followed, told);
    await goOn(tx, revise, [...onward.map(({ id }) => id), ...(await findDropped(tx, facts.filter(isJobFact)))]);
  };
}

type Facts = readonly JobEvent[];

/** Of moved jobs: what was told of generations before the newest, but not before a redrive. */
function factsOfEarlier(changes: readonly Change[], facts: Facts): Map<JobRow, JobEvent[]> {
  const moved = new Map<string, JobRow>();
  for (const { after } of changes) if (after.generation > after.baseGeneration) moved.set(after.id, after);
  const told = new Map<JobRow, JobEvent[]>();
  if (moved.size === 0) return told;
  for (const fact of facts) {
    const row = moved.get(fact.id);
    if (!row || fact.generation >= row.generation || fact.generation < row.baseGeneration) continue;
    told.set(row, [...(told.get(row) ?? []), fact]);
  }
  return told;
}

/** A run of an earlier generation that has not ended, while none of the newest has begun. One that has failed meanwhile is followed by the newest. */
function hasBegun({ runs, generation }: JobRow, facts: Facts): boolean {
  if (runs.some((run) => run.generation === generation)) return false;
  return facts.some((fact) => isRunning(fact) && !hasEnded(runs, fact));
}

type Running = Extract<JobEvent, { event: 'started' | 'progressed' | 'logged' }>;

const isRunning = (fact: JobEvent): fact is Running =>
  fact.event === 'started' || fact.event === 'progressed' || fact.event === 'logged';

const hasEnded = (runs: JobRow['runs'], { generation, attempt, worker }: Running): boolean =>
  runs.some(
    (run) =>
      run.generation === generation && run.attempt === attempt && run.worker === worker && run.endedAt !== undefined,
  );

async function revokeNewest(tx: Transaction, rows: readonly JobRow[]): Promise<void> {
  if (rows.length === 0) return;
  const now = Date.now();
  const set = rows.map(({ id, queue, generation }): Placed => {
    const entry = { kind: 'revoke', id, generation, cancel: 'move' } as const;
    return { key: controlKey.revoke(id), entry, queue, passableAt: now, several: true };
  });
  await tx.query('delete from outbox where job_id = any($1::uuid[])', [rows.map(({ id }) => id)]);
  await changeControl(tx, { set });
}

async function follow(
  tx: Transaction,
  revise: Recorder['revise'],
  rows: readonly JobRow[],
  told: ReadonlyMap<JobRow, Facts>,
): Promise<void> {
  if (rows.length === 0) return;
  const begun = new Map(rows.map((row) => [row.id, told.get(row)?.findLast(isRunning)]));
  await revise(tx, [...begun.keys()], (row, id) => {
    const fact = begun.get(id);
    if (!row || !fact) return undefined;
    const { generation: stateGeneration, attempt, delivery, worker, at: stateAt } = fact;
    const run = row.runs.findLast((known) => known.generation === stateGeneration && known.attempt === attempt);
    const state = { state: 'active', stateGeneration, attempt, delivery, worker, stateAt, dueAt: undefined } as const;
    return { ...row, ...state, startedAt: run?.startedAt };
  });
  await tx.query('update jobs set in_ledger = false where id = any($1::uuid[])', [[...begun.keys()]]);
}

/** Messages of followed generations that a worker has dropped: a crash had returned them. */
async function findDropped(tx: Transaction, facts: Facts): Promise<string[]> {
  const dropped = facts.filter((fact) => fact.event === 'cancelled' && fact.cancel === 'move');
  if (dropped.length === 0) return [];
  const { rows } = await tx.query<{ id: string }>(
    `select id from jobs join unnest($1::uuid[], $2::int[]) as dropped (job, generation)
     on id = job and state_generation = dropped.generation and jobs.generation > dropped.generation
     where cancel_requested_at is null`,
    [dropped.map(({ id }) => id), dropped.map(({ generation }) => generation)],
  );
  return rows.map(({ id }) => id);
}

async function goOn(tx: Transaction, revise: Recorder['revise'], ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await revise(tx, ids, (row) => {
    if (!row) return undefined;
    const generation = row.generation + 1;
    const state = row.state === 'retrying' ? row.state : 'waiting';
    return { ...row, state, generation, stateGeneration: generation };
  });
  await tx.query(
    'insert into outbox (job_id, generation) select id, generation from jobs where id = any($1::uuid[]) on conflict do nothing',
    [ids],
  );
}
