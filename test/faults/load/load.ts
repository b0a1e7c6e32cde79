import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobsClient, amqpBroker } from '@scutwork/jobs';
import { becomes } from '../../../libs/local/src';
import type { LoadControl } from '../faults/fault';
import { campaignJobs } from '../jobs';
import type { Pause } from '../oracle/evidence';
import { Seeded } from '../plan/seeded';
import type { Stage } from '../stage/stage';
import { Book } from './book';
import { follow } from './follow';
import { kinds } from './kinds';
import { LedgerApi } from './ledger-api';
import { endSchedules, putCap } from './in-force';
import { pauseAndResume, resume } from './pausing';
import { type Doors, submit } from './submit';
import type { Wanted } from './wanted';

export type LoadKind = keyof typeof kinds;

/** Jobs a second of each kind, about 120 in all. */
const MIX: Readonly<Record<LoadKind, number>> = {
  ...{ plain: 62, retried: 13, dead: 4, delayed: 13, expiring: 3, unique: 6 },
  ...{ cancelled: 5, moved: 5, paused: 6, capped: 6, gone: 3, held: 0 },
};

export const USUAL_RATE = 120;
const mixOf = (rate: number): Record<LoadKind, number> =>
  Object.fromEntries(Object.entries(MIX).map(([kind, perSecond]) => [kind, (perSecond * rate) / USUAL_RATE])) as Record<
    LoadKind,
    number
  >;

const TICK_MS = 100;
/** In quiet times an answer takes milliseconds. */
const ANSWERED_MS = 10_000;
const END_TICKS_MS = 30_000;
/** More than so many that nobody has answered: the load waits, as every client must. */
const MOST_OPEN = 4_000;

export interface LoadOptions {
  seed: number;
  /** Jobs a second of each kind. */
  mix?: Partial<Record<LoadKind, number>>;
  /** Jobs a second in all, in the usual proportions; in place of `mix`. Default 120. */
  rate?: number;
}

/** Jobs of all kinds, as many a second, until it is ended. */
export class Load implements LoadControl {
  readonly book: Book;
  readonly pauses: Pause[] = [];
  private readonly random: Seeded;
  private readonly mix: Readonly<Partial<Record<LoadKind, number>>>;
  private readonly api: LedgerApi;
  private readonly broker;
  private readonly client: JobsClient;
  private readonly noMore = new AbortController();
  private readonly noAnswer = new AbortController();
  private readonly open = new Set<Promise<void>>();
  private openGone = 0;
  private isGoneStill = false;
  private failure: Error | undefined;

  constructor(stage: Stage, { seed, rate = USUAL_RATE, mix = mixOf(rate) }: LoadOptions) {
    // All that is asked for listens to them.
    setMaxListeners(0, this.noMore.signal, this.noAnswer.signal);
    this.book = new Book(join(stage.folder, 'submitted.jsonl'));
    this.random = new Seeded(`${seed} load`);
    this.mix = mix;
    this.api = new LedgerApi(stage);
    this.broker = amqpBroker({ urls: stage.clientGate.url.split(','), names: stage.names, reconnectMs: 300 });
    const publisher = { deadlineMs: 8_000 };
    this.client = new JobsClient({
      broker: this.broker,
      names: stage.names,
      jobs: campaignJobs,
      declare: false,
      publisher,
    });
  }

  async start(): Promise<void> {
    await this.client.start();
    if (this.isCapped) await putCap(this.api, this.noMore.signal);
    this.keep(this.run());
    if (this.mix.paused) this.keep(pauseAndResume(this.api, this.random, this.pauses, this.noMore.signal));
  }

  /** Asks for nothing new, and goes on until all is answered, or for so long. @throws what the load itself did wrong */
  async end(deadlineMs: number): Promise<void> {
    this.noMore.abort();
    const timer = setTimeout(() => this.noAnswer.abort(), deadlineMs);
    await resume(this.api, this.noAnswer.signal);
    while (this.open.size > 0) await Promise.all(this.open);
    clearTimeout(timer);
    this.noAnswer.abort();
    await this.client.stop({ deadlineMs: 5_000 });
    await this.broker.stop({ deadlineMs: 2_000 });
    if (this.failure) throw this.failure;
  }

  /** Whether it asks for jobs of the queue that has a cap. */
  get isCapped(): boolean {
    return Boolean(this.mix.capped);
  }

  /** No schedule ticks any more: the ledger by itself makes no more jobs either. */
  endTicks(): Promise<void> {
    return endSchedules(this.api, AbortSignal.timeout(END_TICKS_MS));
  }

  hold(holdsMs: number): void {
    this.ask({ ...kinds.held(this.random), payload: { holdsMs } });
  }

  async stillGone(): Promise<() => void> {
    this.isGoneStill = true;
    await becomes(() => this.openGone === 0, ANSWERED_MS);
    return () => (this.isGoneStill = false);
  }

  private async run(): Promise<void> {
    const owed: Partial<Record<LoadKind, number>> = {};
    const { signal } = this.noMore;
    while (!signal.aborted) {
      for (const [kind, perSecond] of Object.entries(this.mix) as [LoadKind, number][]) {
        owed[kind] = Math.min(
          Math.max(1, perSecond),
          (owed[kind] ?? this.random.next()) + (perSecond * TICK_MS) / 1_000,
        );
        for (; (owed[kind] ?? 0) >= 1; owed[kind] = (owed[kind] ?? 0) - 1) this.offer(kind);
      }
      await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private offer(kind: LoadKind): void {
    if (this.open.size < MOST_OPEN && !(kind === 'gone' && this.isGoneStill)) this.ask(kinds[kind](this.random));
  }

  private ask(wanted: Wanted): void {
    const doors: Doors = { book: this.book, client: this.client, api: this.api, signal: this.noAnswer.signal };
    const isGone = wanted.kind === 'gone';
    if (isGone) this.openGone++;
    const asked = submit(wanted, doors).then(async (submission) => {
      if (isGone) this.openGone--;
      if (wanted.then && submission.answer === 'accepted') await follow(wanted.then, submission, doors);
    });
    this.keep(asked);
  }

  /** What goes wrong here is a fault of the campaign, or an answer that must not be: it ends the campaign. */
  private keep(work: Promise<void>): void {
    const kept: Promise<void> = work
      .catch((error: unknown) => void (this.failure ??= error instanceof Error ? error : new Error(String(error))))
      .finally(() => this.open.delete(kept));
    this.open.add(kept);
  }
}
