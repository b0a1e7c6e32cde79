import { isFinalState, type JobEvent, type Submission, idTimeMs, queueOf } from '@scutwork/jobs/wire';
import type { JobRow, Origin } from './job-row';
import { mergeRun, newestFailure, newestRun } from './merge-runs';
import { placeOf } from './place';

type Submitted = Extract<JobEvent, { event: 'submitted' | 'adopted' }>;
type Ended = Extract<JobEvent, { event: 'completed' | 'dead' | 'cancelled' | 'expired' }>;
type Step = Exclude<JobEvent, { event: 'completed' | 'dead' | 'cancelled' | 'expired' }>;

/** Of a job of which nothing is known but its id: it was cancelled before its record came. */
export const UNKNOWN_TYPE = '';

/** Final states absorb, an earlier one here over a later one, whatever comes when. */
const ABSORBS = ['completed', 'dead', 'cancelled', 'expired'] as const;

/** Among facts of one attempt and one millisecond the later step counts. */
const STEPS = {
  submitted: 0,
  adopted: 0,
  deferred: 1,
  suspected: 1,
  started: 2,
  progressed: 2,
  logged: 2,
  retrying: 3,
} as const satisfies Record<Step['event'], number>;

/**
 * What is known of a job once this fact is known too. Facts may come late, twice and in any order (they do: they are
 * told at least once, by several processes); in the end the row is the same.
 *
 * - Final states absorb: completed over dead over cancelled over expired; of two of one kind the earlier counts, and
 *   what a worker told over what was read off a dead letter.
 * - Before that the newest fact makes the state: by generation, attempt, time, step.
 * - Of two submissions of one id the earlier counts.
 * - Facts of a generation before the last redrive say nothing of the state.
 *
 * `row` is changed and returned.
 */
export function merge(row: JobRow | undefined, fact: JobEvent): JobRow {
  const job = row ?? blank(fact);
  if (job.type === UNKNOWN_TYPE) {
    job.type = fact.type;
    job.queue = queueOf(fact.type);
  }
  job.key ??= fact.key;
  job.traceparent = least(job.traceparent, fact.traceparent);
  if (job.submittedAt === undefined) rename(job, fact.type);
  if (fact.generation > job.generation) job.generation = fact.generation;
  job.createdAt = Math.min(job.createdAt, startOf(fact));

  if (isSubmission(fact)) mergeSubmission(job, fact);
  else mergeRun(job.runs, fact);
  if (fact.event === 'progressed') mergeProgress(job, fact);
  if (fact.event === 'dead' && job.submittedAt === undefined) job.payload = least(job.payload, fact.payload);

  if (fact.generation >= job.baseGeneration) {
    if (isEnd(fact)) mergeEnd(job, fact);
    else if (!isMoved(fact)) mergeStep(job, fact);
  }
  if (!isFinished(job)) deriveFromRuns(job);
  return job;
}

/** Of an unfinished job: what its runs tell, as far as they are known by now. */
function deriveFromRuns(job: JobRow): void {
  const { state, stateGeneration, attempt, runs } = job;
  const hasRun = state === 'active' || state === 'retrying';
  job.startedAt = hasRun ? newestRun(runs, stateGeneration, attempt)?.startedAt : undefined;
  job.error = newestFailure(runs);
}

/** Whether nothing can happen to it any more but a redrive. */
export function isFinished(job: Pick<JobRow, 'state'>): boolean {
  return isFinalState(job.state);
}

/** With every member there can be: making a row that gets them one by one costs a third more. */
const NOTHING_KNOWN: Readonly<JobRow> = {
  ...{ id: '', key: undefined, type: UNKNOWN_TYPE, queue: '', priority: 'normal', generation: 0, baseGeneration: 0 },
  ...{ state: 'waiting', stateGeneration: 0, stateAt: 0, stateStep: -1, attempt: 0, delivery: 0 },
  ...{ maxAttempts: undefined, timeoutMs: undefined, backoff: undefined, expiresAt: undefined },
  ...{ payload: undefined, version: undefined, result: undefined, progress: undefined, progressPlace: undefined },
  ...{ error: undefined, deadReason: undefined, runs: [], tags: undefined, tenant: undefined },
  ...{ correlationId: undefined, group: undefined, schedule: undefined, scheduledFor: undefined, flow: undefined },
  ...{ traceparent: undefined, worker: undefined, origin: 'client', createdAt: Number.MAX_SAFE_INTEGER },
  ...{ submittedAt: undefined, dueAt: undefined, startedAt: undefined, finishedAt: undefined },
  ...{ cancelRequestedAt: undefined, keepMs: undefined, uniqueKey: undefined },
};

/** A job of which nothing is known but that it exists. */
export function blank({ id, key, type, generation }: Pick<JobEvent, 'id' | 'key' | 'type' | 'generation'>): JobRow {
  return {
    ...NOTHING_KNOWN,
    id,
    key,
    type,
    queue: queueOf(type),
    generation,
    runs: [],
    createdAt: idTimeMs(id) ?? Number.MAX_SAFE_INTEGER,
  };
}

/** What nothing decides on is the same for everybody if it is the least of all that was told. */
function least<T extends string>(known: T | undefined, told: T | undefined): T | undefined {
  return known === undefined || (told !== undefined && told < known) ? told : known;
}

/** One id, two types: only a mistake of whoever chose the id. The submission that counts says which it is. */
function rename(job: JobRow, type: string): void {
  job.type = least(job.type, type) ?? type;
  job.queue = queueOf(job.type);
}

/** A job is not younger than the first thing that is told of it. */
function startOf(fact: JobEvent): number {
  return 'startedAt' in fact && fact.startedAt !== undefined ? Math.min(fact.startedAt, fact.at) : fact.at;
}

function isSubmission(fact: JobEvent): fact is Submitted {
  return fact.event === 'submitted' || fact.event === 'adopted';
}

function mergeSubmission(job: JobRow, fact: Submitted): void {
  if (job.submittedAt !== undefined) {
    // A redrive may have changed what the job is run with: what was told of it before says no more.
    if (fact.generation < job.baseGeneration) return;
    if (fact.at > job.submittedAt) return;
    if (fact.at === job.submittedAt && textOf(fact, fact.expiresAt) >= textOf(job, job.expiresAt)) return;
  }
  job.submittedAt = fact.at;
  job.type = fact.type;
  job.queue = queueOf(fact.type);
  job.priority = fact.priority;
  job.payload = fact.payload;
  job.version = fact.version;
  job.maxAttempts = fact.maxAttempts;
  job.backoff = fact.backoff;
  job.timeoutMs = fact.timeoutMs;
  job.expiresAt = fact.expiresAt;
  job.tags = fact.tags;
  job.tenant = fact.tenant;
  job.correlationId = fact.correlationId;
  job.group = fact.group;
  job.schedule = fact.schedule;
  job.scheduledFor = fact.scheduledFor;
  job.flow = fact.flow;
  job.origin = originOf(fact);
}

/** Of two submissions in one millisecond any may count, if it is the same one for everybody. */
function textOf(
  said: Omit<Submission, 'payload' | 'expiresAt'> & { type: string; payload?: string },
  expiresAt: number | undefined,
): string {
  return JSON.stringify([
    ...[said.payload, said.type, said.priority, said.maxAttempts, said.backoff, said.timeoutMs, expiresAt, said.tags],
    ...[said.tenant, said.correlationId, said.group, said.schedule, said.flow, originOf(said), said.version],
  ]);
}

function originOf({ origin, schedule }: Pick<Submission, 'origin' | 'schedule'>): Origin {
  return origin ?? (schedule === undefined ? 'client' : 'schedule');
}

function mergeProgress(job: JobRow, fact: Extract<JobEvent, { event: 'progressed' }>): void {
  const place = placeOf(fact);
  if (!isEarlier([job.progressPlace ?? '', job.progress ?? ''], [place, fact.progress])) return;
  job.progressPlace = place;
  job.progress = fact.progress;
}

function isEnd(fact: JobEvent): fact is Ended {
  return isFinalState(fact.event) && !isMoved(fact);
}

/** What was dropped because the job had been moved: the job itself goes round under a later generation. */
function isMoved(fact: JobEvent): fact is Extract<JobEvent, { event: 'cancelled' }> {
  return fact.event === 'cancelled' && fact.cancel === 'move';
}

function mergeEnd(job: JobRow, fact: Ended): void {
  if (isFinished(job) && !absorbs(fact, job)) return;
  job.state = fact.event;
  job.stateGeneration = fact.generation;
  job.attempt = fact.attempt;
  job.delivery = fact.delivery;
  job.stateAt = fact.at;
  job.stateStep = 0;
  job.worker = fact.worker === '' ? undefined : fact.worker;
  job.startedAt = fact.startedAt;
  job.finishedAt = fact.at;
  job.dueAt = undefined;
  job.result = fact.event === 'completed' ? fact.result : undefined;
  job.error = fact.event === 'dead' ? fact.failure : undefined;
  job.deadReason = fact.event === 'dead' ? fact.reason : undefined;
}

/**
 * Of two ends of one kind what a worker told counts over what was read off a dead letter (it knows no worker, and not
 * when it was); then the earlier. Two in one millisecond: any order will do that is the same for everybody.
 */
function absorbs(fact: Ended, job: JobRow): boolean {
  const order = (end: string): number => ABSORBS.findIndex((state) => state === end);
  const second = (worker: string | undefined): number => (worker === undefined || worker === '' ? 1 : 0);
  const [result, failure, reason] = [
    fact.event === 'completed' ? fact.result : undefined,
    fact.event === 'dead' ? fact.failure : undefined,
    fact.event === 'dead' ? fact.reason : undefined,
  ];
  const told = [order(fact.event), second(fact.worker), fact.at, fact.generation, fact.attempt, fact.delivery];
  const standing = [order(job.state), second(job.worker), job.stateAt, job.stateGeneration, job.attempt, job.delivery];
  return isEarlier(
    [...told, fact.worker, fact.startedAt ?? 0, reason ?? '', result ?? '', failure ? JSON.stringify(failure) : ''],
    [
      ...[...standing, job.worker ?? '', job.startedAt ?? 0, job.deadReason ?? '', job.result ?? ''],
      job.error ? JSON.stringify(job.error) : '',
    ],
  );
}

function mergeStep(job: JobRow, fact: Exclude<JobEvent, Ended>): void {
  if (isFinished(job)) return;
  const [attempt, delivery, worker] = isRunFact(fact) ? [fact.attempt, fact.delivery, fact.worker] : [0, 0, undefined];
  const { state, dueAt } = stepOf(fact);
  const standing = [job.stateGeneration, job.attempt, job.stateAt, job.stateStep, job.delivery, job.worker ?? ''];
  const told = [fact.generation, attempt, fact.at, STEPS[fact.event], delivery, worker ?? ''];
  if (!isEarlier([...standing, job.state, job.dueAt ?? 0], [...told, state, dueAt ?? 0])) return;
  job.stateGeneration = fact.generation;
  job.attempt = attempt;
  job.delivery = delivery;
  job.stateAt = fact.at;
  job.stateStep = STEPS[fact.event];
  job.worker = worker;
  job.state = state;
  job.dueAt = dueAt;
}

function isRunFact(fact: JobEvent): fact is Extract<JobEvent, { worker: string }> {
  return 'worker' in fact;
}

/** The state that a fact puts its job into, and until when it stays there by itself. */
function stepOf(fact: Exclude<JobEvent, Ended>): Pick<JobRow, 'state' | 'dueAt'> {
  switch (fact.event) {
    case 'submitted':
      return { state: fact.delayMs > 0 ? 'delayed' : 'waiting', dueAt: later(fact.at, fact.delayMs) };
    case 'deferred':
      return { state: fact.reason === 'delay' ? 'delayed' : 'waiting', dueAt: later(fact.at, fact.delayMs) };
    case 'retrying':
      return { state: 'retrying', dueAt: later(fact.at, fact.delayMs) };
    case 'adopted':
    case 'suspected':
      return { state: 'waiting', dueAt: fact.at };
    case 'started':
    case 'progressed':
    case 'logged':
      return { state: 'active', dueAt: undefined };
  }
}

/** The last moment that JavaScript and PostgreSQL both know, in the year 275760. */
const END_OF_TIME = 8_640_000_000_000_000;
const later = (at: number, delayMs: number): number => Math.min(END_OF_TIME, at + delayMs);

/** Member by member, the first that differs decides. */
function isEarlier(a: readonly (number | string)[], b: readonly (number | string)[]): boolean {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (x !== y) return x < y;
  }
  return false;
}
