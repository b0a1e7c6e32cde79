import type { Failure } from '@scutwork/jobs';
import type { JobEvent } from '@scutwork/jobs/wire';
import type { Run } from './job-row';

/** A job that fails for ever under a schedule of its own must not grow without bound: these many of the newest are kept. */
const MOST_RUNS = 100;

/** Adds what a fact says of a run to the known ones: sorted, each once, the same whatever came first. */
export function mergeRun(runs: Run[], fact: JobEvent): void {
  const told = runOf(fact);
  if (!told) return;
  const at = runs.findIndex((run) => compare(run, told) >= 0);
  const same = at === -1 ? undefined : runs[at];
  if (same && compare(same, told) === 0) complete(same, told);
  else if (at === -1) runs.push(told);
  else runs.splice(at, 0, told);
  if (runs.length > MOST_RUNS) runs.splice(0, runs.length - MOST_RUNS);
  dropOldStacks(runs);
}

/** Why the newest run that failed did so. */
export function newestFailure(runs: readonly Run[]): Failure | undefined {
  return runs.findLast((run) => run.failure)?.failure;
}

export function newestRun(runs: readonly Run[], generation: number, attempt: number): Run | undefined {
  return runs.findLast((run) => run.generation === generation && run.attempt === attempt);
}

/** A job that was dead, deferred or expired before its handler was called has had no run. */
function runOf(fact: JobEvent): Run | undefined {
  if (!('attempt' in fact)) return undefined;
  const startedAt = fact.event === 'started' ? fact.at : 'startedAt' in fact ? fact.startedAt : undefined;
  if (startedAt === undefined) return undefined;
  const { generation, attempt, delivery, worker, at: endedAt } = fact;
  // Nearly every run ends so: written out, as it is the dearest part of merging a fact.
  if (fact.event === 'completed' || fact.event === 'cancelled')
    return { generation, attempt, delivery, worker, startedAt, endedAt, end: fact.event };
  const run = { generation, attempt, delivery, worker, startedAt };
  if (fact.event === 'dead') return { ...run, endedAt, end: 'dead', failure: fact.failure };
  if (fact.event !== 'retrying') return run;
  return { ...run, endedAt, end: 'retrying', failure: fact.failure, delayMs: fact.delayMs };
}

function compare(a: Run, b: Run): number {
  return (
    a.generation - b.generation ||
    a.attempt - b.attempt ||
    a.startedAt - b.startedAt ||
    (a.worker < b.worker ? -1 : a.worker > b.worker ? 1 : 0)
  );
}

/** One run ends once; told otherwise twice, the earlier end counts. */
function complete(run: Run, told: Run): void {
  run.delivery = Math.min(run.delivery, told.delivery);
  if (told.endedAt === undefined || !isEarlierEnd(told, run)) return;
  run.endedAt = told.endedAt;
  run.end = told.end;
  run.failure = told.failure;
  run.delayMs = told.delayMs;
}

function isEarlierEnd(a: Run, b: Run): boolean {
  const [x, y] = [a.endedAt ?? Number.MAX_SAFE_INTEGER, b.endedAt ?? Number.MAX_SAFE_INTEGER];
  if (x !== y) return x < y;
  // In one millisecond: any will do that is the same for everybody. Without the stack, which older runs lose.
  const text = ({ end, delayMs, failure }: Run): string =>
    JSON.stringify([end ?? '', delayMs, failure?.name, failure?.message, failure?.code]);
  return text(a) < text(b);
}

/** Stacks are long and of the newest failure alone of interest. */
function dropOldStacks(runs: Run[]): void {
  const newest = runs.findLastIndex((run) => run.failure);
  for (let i = 0; i < newest; i++) {
    const run = runs[i];
    if (run?.failure?.stack !== undefined) run.failure = { ...run.failure, stack: undefined };
  }
}
