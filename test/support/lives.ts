import fc from 'fast-check';
import type { Failure } from '@scutwork/jobs';
import { type JobEvent, type JsonText, idTimeMs } from '@scutwork/jobs/wire';
import type { JobRow } from '../../libs/ledger/src/record/job-row';

type Turn =
  | { kind: 'fail'; told: boolean; words: number; waitMs: number }
  | { kind: 'crash'; words: number; waitMs: number }
  | { kind: 'defer'; paused: boolean; waitMs: number }
  | { kind: 'suspect' | 'move' | 'resubmit'; waitMs: number };

const ENDS = [
  ...(['none', 'running', 'completed', 'dead', 'rejected', 'cancelled', 'expired'] as const),
  /** Told by its worker, and read off its dead letter by a ledger whose clock is behind. */
  'dead-letter',
  /** The acknowledgement was lost, and another worker ran it again. */
  'completed-twice',
  /** The cancel came too late, or a second copy was still going round. */
  ...(['completed-though-cancelled', 'completed-though-dead'] as const),
] as const;
type End = (typeof ENDS)[number];

export interface Script {
  origin: 'submitted' | 'adopted' | 'unknown';
  delayMs: number;
  turns: Turn[];
  end: End;
}

/** All that was told of one job, as it happened, and what must be known of it in the end. */
export interface Life {
  id: string;
  facts: JobEvent[];
  truth: Truth;
}

type Told = Omit<
  JobRow,
  'id' | 'key' | 'runs' | 'queue' | 'baseGeneration' | 'stateGeneration' | 'stateAt' | 'stateStep'
>;
interface Truth extends Partial<Omit<Told, 'progressPlace' | 'state' | 'attempt' | 'generation'>> {
  state: JobRow['state'];
  attempt: number;
  generation: number;
  runs: string[];
  lines: number;
}

const turns: fc.Arbitrary<Turn> = fc.oneof(
  fc.record({
    kind: fc.constant('fail' as const),
    told: fc.boolean(),
    words: fc.nat(3),
    waitMs: fc.nat(50_000),
  }),
  fc.record({ kind: fc.constant('crash' as const), words: fc.nat(3), waitMs: fc.nat(9) }),
  fc.record({ kind: fc.constant('defer' as const), paused: fc.boolean(), waitMs: fc.nat(900_000) }),
  fc.record({ kind: fc.constantFrom('suspect' as const, 'move' as const, 'resubmit' as const), waitMs: fc.nat(9) }),
);

export const scripts: fc.Arbitrary<Script> = fc.record({
  origin: fc.constantFrom('submitted', 'submitted', 'adopted', 'unknown'),
  delayMs: fc.constantFrom(0, 0, 5_000),
  turns: fc.array(turns, { maxLength: 8 }),
  end: fc.constantFrom(...ENDS),
});

/** Lives a script. The truth is written down as things happen; nothing of how facts are merged is in it. */
export function live(script: Script, id: string, startMs: number): Life {
  const job = new Living(id, startMs);
  job.begin(script);
  for (const turn of script.turns) job.turn(turn);
  job.end(script.end);
  return { id, facts: job.facts, truth: job.truth };
}

/** The same members of a row as the truth of a life has. */
export function knownOf(row: JobRow, lines: number): Truth {
  const { state, type, priority, generation, attempt, delivery, payload, result, progress, error, deadReason } = row;
  const { maxAttempts, tags, tenant, worker, createdAt, submittedAt, dueAt, startedAt, finishedAt, traceparent } = row;
  const runs = row.runs.map((run) => runText(run.generation, run.attempt, run.worker, run.startedAt, run.end));
  return clean({
    ...{ state, type, priority, generation, attempt, delivery, payload, result, progress, error, deadReason },
    ...{ maxAttempts, tags, tenant, worker, createdAt, submittedAt, dueAt, startedAt, finishedAt, traceparent },
    ...{ runs, lines },
  });
}

const clean = (truth: Truth): Truth => JSON.parse(JSON.stringify(truth)) as Truth;
const runText = (...parts: (string | number | undefined)[]): string => parts.map((part) => part ?? '').join(' ');

class Living {
  readonly facts: JobEvent[] = [];
  readonly truth: Truth;
  private generation = 0;
  private attempt = 1;
  private delivery = 0;
  private workers = 1;
  private said = 0;
  private copies = 0;

  constructor(
    private readonly id: string,
    private now: number,
  ) {
    const createdAt = idTimeMs(id);
    this.truth = {
      ...{ state: 'waiting', type: 'email.welcome', priority: 'normal', generation: 0, attempt: 0, delivery: 0 },
      ...{ createdAt, runs: [], lines: 0, traceparent: '00-a' },
    };
  }

  begin({ origin, delayMs }: Script): void {
    if (origin === 'submitted') this.submit(delayMs);
    if (origin === 'adopted') {
      this.tell({ event: 'adopted', ...this.run(), ...this.submission() });
      this.enter('waiting', this.now);
    }
  }

  turn(turn: Turn): void {
    this.now += 1 + (turn.waitMs % 7);
    switch (turn.kind) {
      case 'fail': {
        const startedAt = this.start(turn.told, turn.words);
        this.retry(startedAt, turn.waitMs);
        return;
      }
      case 'crash':
        this.start(true, turn.words);
        this.redeliver();
        return;
      case 'defer': {
        const { paused, waitMs: delayMs } = turn;
        this.tell({ event: 'deferred', ...this.run(), delayMs, reason: paused ? 'paused' : 'delay' });
        this.enter(paused ? 'waiting' : 'delayed', this.now + delayMs);
        return;
      }
      case 'suspect':
        this.tell({ event: 'suspected', ...this.run(), deliveries: 3 });
        this.enter('waiting', this.now);
        return;
      case 'move':
        // The copy of the old generation is dropped; of the new one nothing is told before somebody meets it.
        this.tell({ event: 'cancelled', ...this.run(), cancel: 'move' });
        this.generation++;
        this.delivery = 0;
        this.workers++;
        return;
      case 'resubmit':
        this.submit(0);
        return;
    }
  }

  end(end: End): void {
    this.now += 3;
    switch (end) {
      case 'none':
        return;
      case 'running':
        this.start(true, 1);
        return;
      case 'completed':
        return this.complete();
      case 'dead':
        return this.die();
      case 'dead-letter':
        this.die();
        this.tell({ ...this.deadLetter('attempts_exhausted'), at: this.now - 2 });
        return;
      case 'rejected':
        this.tell(this.deadLetter('rejected'));
        this.finish('dead', { deadReason: 'rejected', error: failure(0) });
        this.truth.worker = undefined;
        return;
      case 'cancelled':
        this.tell({ event: 'cancelled', ...this.run(), cancel: 'cancel' });
        return this.finish('cancelled', {});
      case 'expired':
        this.tell({ event: 'expired', ...this.run() });
        return this.finish('expired', {});
      case 'completed-twice': {
        this.complete();
        const first = { ...this.truth };
        this.redeliver();
        this.complete();
        const { result, finishedAt, startedAt, worker, delivery } = first;
        Object.assign(this.truth, { result, finishedAt, startedAt, worker, delivery });
        return;
      }
      case 'completed-though-cancelled':
        this.end('cancelled');
        this.workers++;
        return this.complete();
      case 'completed-though-dead':
        this.die();
        this.workers++;
        return this.complete();
    }
  }

  private submit(delayMs: number): void {
    const { id } = this;
    const submission = this.submission();
    const type = 'email.welcome';
    this.tell({ event: 'submitted', id, type, generation: 0, at: this.now, ...submission, delayMs });
    // A second copy says nothing of the state once the first has been met.
    if (this.truth.attempt > 0) return;
    this.truth.state = delayMs > 0 ? 'delayed' : 'waiting';
    this.truth.dueAt = this.now + delayMs;
  }

  /** Every copy has another payload; that of the first counts. */
  private submission() {
    const copy = this.copies++;
    const payload = JSON.stringify({ copy, poison: '\u0000\ud800' }) as JsonText;
    const submission = { priority: 'high' as const, payload, maxAttempts: 3 + copy, tags: [`t${copy}`], tenant: 'x' };
    if (copy === 0) Object.assign(this.truth, submission, { submittedAt: this.now });
    return { ...submission, traceparent: '00-a' };
  }

  private start(told: boolean, words: number): number {
    const startedAt = this.now;
    if (told || words > 0) {
      this.tell({ event: 'started', ...this.run() });
      this.enter('active', undefined);
      this.truth.startedAt = startedAt;
      this.truth.runs.push(this.runText(startedAt, undefined));
    }
    for (let i = 0; i < words; i++) this.speak();
    this.now += 2;
    return startedAt;
  }

  private speak(): void {
    this.now++;
    const seq = ++this.said;
    if (seq % 2 === 0) {
      this.tell({ event: 'logged', ...this.run(), level: 'info', message: `line ${seq}`, seq });
      this.truth.lines++;
    } else {
      const progress = String(seq) as JsonText;
      this.tell({ event: 'progressed', ...this.run(), progress, seq });
      this.truth.progress = progress;
    }
  }

  private retry(startedAt: number, delayMs: number): void {
    const error = failure(this.now);
    this.tell({ event: 'retrying', ...this.run(), startedAt, delayMs, failure: error });
    this.enter('retrying', this.now + delayMs);
    Object.assign(this.truth, { startedAt, error });
    this.endRun(startedAt, 'retrying');
    this.attempt++;
    this.delivery = 0;
  }

  private complete(): void {
    const startedAt = this.start(false, 0);
    const result = JSON.stringify({ at: this.now }) as JsonText;
    this.tell({ event: 'completed', ...this.run(), startedAt, result });
    this.endRun(startedAt, 'completed');
    this.finish('completed', { result, startedAt });
  }

  private die(): void {
    const startedAt = this.start(false, 1);
    const [error, deadReason] = [failure(this.now), 'attempts_exhausted' as const];
    const payload = this.truth.payload as JsonText | undefined;
    this.tell({ event: 'dead', ...this.run(), startedAt, reason: deadReason, failure: error, payload });
    this.endRun(startedAt, 'dead');
    this.finish('dead', { error, deadReason, startedAt });
  }

  /** As the ledger reads it: it knows no worker. */
  private deadLetter(reason: 'rejected' | 'attempts_exhausted') {
    return { event: 'dead' as const, ...this.run(), worker: '', reason, failure: failure(0) };
  }

  private redeliver(): void {
    this.delivery++;
    this.workers++;
    this.now += 5;
  }

  private enter(state: JobRow['state'], dueAt: number | undefined): void {
    const { attempt, delivery, worker } = this;
    Object.assign(this.truth, { state, dueAt, attempt, delivery, worker, startedAt: undefined });
  }

  private finish(state: JobRow['state'], more: Partial<Truth>): void {
    const { now: finishedAt, attempt, delivery, worker } = this;
    const reset = {
      startedAt: undefined,
      dueAt: undefined,
      result: undefined,
      error: undefined,
      deadReason: undefined,
    };
    Object.assign(this.truth, reset, { state, finishedAt, attempt, delivery, worker }, more);
  }

  private endRun(startedAt: number, end: string): void {
    const open = this.truth.runs.indexOf(this.runText(startedAt, undefined));
    if (open !== -1) this.truth.runs.splice(open, 1);
    this.truth.runs.push(this.runText(startedAt, end));
  }

  private runText(startedAt: number, end: string | undefined): string {
    return runText(this.generation, this.attempt, this.worker, startedAt, end);
  }

  private get worker(): string {
    return `w${this.workers}`;
  }

  private run() {
    const { id, generation, attempt, delivery, worker, now: at } = this;
    return { id, type: 'email.welcome', generation, at, attempt, delivery, worker, traceparent: '00-a' };
  }

  private tell(fact: JobEvent): void {
    this.facts.push(fact);
    this.truth.generation = Math.max(this.truth.generation, fact.generation);
    const since = 'startedAt' in fact && fact.startedAt !== undefined ? fact.startedAt : fact.at;
    this.truth.createdAt = Math.min(this.truth.createdAt ?? since, since);
  }
}

const failure = (n: number): Failure => ({ name: 'Error', message: `it failed at ${n}`, stack: `at ${n}` });

/** The facts of a life as they may arrive: in any order, some of them again, cut into batches anywhere. */
export function arrivals(life: Life): fc.Arbitrary<JobEvent[][]> {
  const { facts } = life;
  if (facts.length === 0) return fc.constant([]);
  return fc
    .tuple(
      fc.array(fc.constantFrom(...facts), { maxLength: 6 }).chain((again) => {
        const all = [...facts, ...again];
        return fc.shuffledSubarray(all, { minLength: all.length });
      }),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 10 }),
    )
    .map(([told, sizes]) => cut(told, sizes));
}

/** Cuts into pieces of these sizes, from the first again when they are used up. */
function cut<T>(items: readonly T[], sizes: readonly number[]): T[][] {
  const pieces: T[][] = [];
  for (let at = 0, i = 0; at < items.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    pieces.push(items.slice(at, at + size));
    at += size;
  }
  return pieces;
}
