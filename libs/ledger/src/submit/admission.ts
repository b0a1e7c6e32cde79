import type { Database } from '../store/database';
import { LedgerError } from '../store/ledger-error';

/** How many jobs may wait: accepted, waiting, delayed or retrying, whether at the broker or still in the ledger. */
export interface BacklogLimits {
  /** Of each queue. Default 1,000,000; `Infinity` takes any number. */
  most?: number;
  /** Of queues that are to have another. */
  queues?: Readonly<Record<string, number>>;
  /** Bundles of records in the ledger's inbox beyond which clients are refused for every queue. Default 100,000. */
  inbox?: number;
}

const DEFAULT_MOST_BACKLOG = 1_000_000;

/** What is admitted is counted on figures of this age at most, and on what was taken here since. */
const OLDEST_FIGURES_MS = 1_000;
/** A refusal stands on figures that are not older: what has been started meanwhile makes room. */
const OLDEST_TO_REFUSE_MS = 100;

/** Jobs by queue. */
export type Numbers = ReadonlyMap<string, number>;

/** Jobs that were taken and that the figures may not know yet. */
interface Taken {
  numbers: Numbers;
  /** Committed: whoever reads the figures from then on finds them there. */
  isKnown: boolean;
}

/** What a call was told: `end` it when its transaction has ended, however it did. */
export interface Admitted {
  end(): void;
}

/**
 * Bounds what waits, at the entrance: new jobs of a queue that has its fill are refused, all of a call or none. Retries,
 * schedules, redrives and moves are let in by nobody here: they are never refused.
 *
 * The figures are the ledger's sums, read once a second; what this producer has taken since is added to them. Several
 * producers may together pass a limit by what the others take in that second.
 *
 * @example const admission = new Admission(database, { most: 100_000, queues: { email: 5_000 } });
 */
export class Admission {
  private figures: Numbers = new Map();
  private readAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;
  private readonly taken = new Set<Taken>();
  /** Their sums: thousands of calls may be in there, and each new one asks. */
  private readonly sums = new Map<string, number>();

  constructor(
    private readonly database: Pick<Database, 'query'>,
    private readonly limits: BacklogLimits = {},
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Sees to it that {@link admit} can judge these. @throws what the database throws */
  async look(numbers: Numbers): Promise<void> {
    if (!this.isBounded) return;
    const oldest = this.fullFor(numbers) === undefined ? OLDEST_FIGURES_MS : OLDEST_TO_REFUSE_MS;
    if (this.now() - this.readAt > oldest) await this.read();
  }

  /** Judges one call. @returns the refusal; nothing of it is counted then */
  admit(numbers: Numbers): Admitted | LedgerError {
    const full = this.fullFor(numbers);
    if (full !== undefined) return backlogFull(full, this.mostOf(full));
    const taken: Taken = { numbers, isKnown: false };
    this.taken.add(taken);
    this.addUp(numbers, 1);
    return { end: () => (taken.isKnown = true) };
  }

  /** Queues that have their fill. @throws what the database throws */
  async full(): Promise<string[]> {
    if (!this.isBounded) return [];
    if (this.now() - this.readAt > OLDEST_FIGURES_MS) await this.read();
    return [...this.figures.keys()].filter((queue) => this.waiting(queue) >= this.mostOf(queue)).sort();
  }

  private get isBounded(): boolean {
    const { most = DEFAULT_MOST_BACKLOG, queues = {} } = this.limits;
    return [most, ...Object.values(queues)].some(Number.isFinite);
  }

  private mostOf(queue: string): number {
    const { most = DEFAULT_MOST_BACKLOG, queues = {} } = this.limits;
    return Object.hasOwn(queues, queue) ? (queues[queue] ?? most) : most;
  }

  private fullFor(numbers: Numbers): string | undefined {
    for (const [queue, n] of numbers) if (n > 0 && this.waiting(queue) + n > this.mostOf(queue)) return queue;
    return undefined;
  }

  private waiting(queue: string): number {
    return (this.figures.get(queue) ?? 0) + (this.sums.get(queue) ?? 0);
  }

  private addUp(numbers: Numbers, sign: 1 | -1): void {
    for (const [queue, n] of numbers) this.sums.set(queue, (this.sums.get(queue) ?? 0) + sign * n);
  }

  private read(): Promise<void> {
    this.reading ??= this.readOnce().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async readOnce(): Promise<void> {
    const [before, readAt] = [[...this.taken].filter(({ isKnown }) => isKnown), this.now()];
    const rows = await this.database.query<{ queue: string; n: number }>(BACKLOGS);
    this.figures = new Map(rows.map(({ queue, n }) => [queue, n]));
    this.readAt = readAt;
    for (const taken of before) {
      this.taken.delete(taken);
      this.addUp(taken.numbers, -1);
    }
  }
}

/** The sums that are kept while jobs change: no job is counted. */
const BACKLOGS = `
select queue, sum(n)::float8 as n from counts where state in ('waiting', 'delayed', 'retrying') group by queue`;

/** How many of them each queue gets. */
export function numbersOf(jobs: readonly { definition: { queue: string } }[]): Numbers {
  const numbers = new Map<string, number>();
  for (const { definition } of jobs) numbers.set(definition.queue, (numbers.get(definition.queue) ?? 0) + 1);
  return numbers;
}

function backlogFull(queue: string, most: number): LedgerError {
  return new LedgerError('backlog_full', `Queue "${queue}" has its fill: at most ${most} of its jobs may wait`, {
    field: 'type',
    hint: 'Nothing was recorded. Send it again when some of them have been run, start more workers, or raise the limit (JOB_MAX_BACKLOG).',
  });
}
