import type { Change } from '../change';
import type { JobRow } from '../job-row';
import { UNKNOWN_TYPE } from '../merge';

const MINUTE_MS = 60_000;

/** What happened in one queue in one minute, as far as a batch of records tells. */
export interface Measure {
  queue: string;
  /** Its first millisecond since 1970. */
  minute: number;
  accepted: number;
  started: number;
  completed: number;
  /** Runs that failed, whether they are tried again or not. */
  failed: number;
  dead: number;
  cancelled: number;
  expired: number;
  /** Runs that ended, how long they took together, and the longest of them. */
  ended: number;
  ran_ms: number;
  most_ran_ms: number;
}

/** @param now milliseconds since 1970: what a wrong clock dates later happened now */
export function measured(changes: readonly Change[], now: number): Measure[] {
  const measures = new Map<string, Measure>();
  let last: Measure | undefined;
  const of = (queue: string, at: number): Measure => {
    const minute = Math.floor(Math.min(at, now) / MINUTE_MS) * MINUTE_MS;
    if (last?.queue === queue && last.minute === minute) return last;
    const key = `${queue}\n${minute}`;
    const measure = measures.get(key) ?? empty(queue, minute);
    measures.set(key, measure);
    return (last = measure);
  };
  for (const { before, after } of changes) {
    if (after.type === UNKNOWN_TYPE) continue;
    if (before === undefined || before.type === UNKNOWN_TYPE) of(after.queue, after.createdAt).accepted++;
    const isSame = before?.state === after.state;
    if (isSame && before.runs.length === after.runs.length && before.attempt === after.attempt) continue;
    addRuns(() => of(after.queue, after.stateAt), before, after);
    if (!isSame && isCounted(after.state)) of(after.queue, after.stateAt)[after.state]++;
  }
  return [...measures.values()];
}

function isCounted(state: JobRow['state']): state is 'completed' | 'dead' | 'cancelled' | 'expired' {
  return state === 'completed' || state === 'dead' || state === 'cancelled' || state === 'expired';
}

interface Runs {
  started: number;
  failed: number;
  ended: number;
  ranMs: number;
  mostRanMs: number;
}

/** What is known of the runs now, less what was. */
function addRuns(of: () => Measure, before: Readonly<JobRow> | undefined, after: Readonly<JobRow>): void {
  if (after.runs.length === 0) return;
  const now = runsOf(after);
  const then = before && runsOf(before);
  const started = now.started - (then?.started ?? 0);
  const ended = now.ended - (then?.ended ?? 0);
  if (started <= 0 && ended <= 0) return;
  const measure = of();
  measure.started += Math.max(0, started);
  measure.ended += Math.max(0, ended);
  measure.failed += Math.max(0, now.failed - (then?.failed ?? 0));
  measure.ran_ms += Math.max(0, now.ranMs - (then?.ranMs ?? 0));
  if (ended > 0) measure.most_ran_ms = Math.max(measure.most_ran_ms, now.mostRanMs);
}

function runsOf({ runs }: Readonly<JobRow>): Runs {
  const sum: Runs = { started: runs.length, failed: 0, ended: 0, ranMs: 0, mostRanMs: 0 };
  for (const { startedAt, endedAt, end } of runs) {
    if (endedAt === undefined) continue;
    const ranMs = Math.max(0, endedAt - startedAt);
    sum.ended++;
    sum.ranMs += ranMs;
    sum.mostRanMs = Math.max(sum.mostRanMs, ranMs);
    if (end === 'retrying' || end === 'dead') sum.failed++;
  }
  return sum;
}

function empty(queue: string, minute: number): Measure {
  return {
    ...{ queue, minute, accepted: 0, started: 0, completed: 0, failed: 0, dead: 0, cancelled: 0, expired: 0 },
    ...{ ended: 0, ran_ms: 0, most_ran_ms: 0 },
  };
}
