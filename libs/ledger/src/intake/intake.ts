import { type Broker, BrokerError, type Delivery, type Subscription } from '@scutwork/jobs';
import { reasonOf } from '@scutwork/jobs/wire';
import { isDatabaseAway } from '../store/database';
import type { LedgerEvents } from '../ledger-events';
import { HeldBack } from './held-back';
import type { Park } from './park';

/** One queue that the ledger takes from. */
export interface IntakeOptions {
  broker: Broker;
  queue: string;
  /** Most messages held at a time. */
  prefetch: number;
  /** Of its queue one consumer is given everything. Default false. */
  standsBy?: boolean;
  /** Most messages of one batch. */
  most: number;
  /**
   * Under load, milliseconds that a batch may gather before it is begun. Default 0. What is told of one job by several
   * messages is then mostly recorded at once, which costs half of recording it twice.
   */
  gatherMs?: number;
  /** Most bytes of bodies in one batch, or one message. Default 16 MiB: a transaction must end in its time. */
  mostBytes?: number;
  /** Called as each message arrives: what can be read of it before its batch, while another one is being written. */
  onArrival?(delivery: Delivery): void;
  /** Under load: which messages of a batch had better be recorded with a later one, never all of them. Default none. */
  holdBack?(batch: readonly Delivery[]): ReadonlySet<Delivery>;
  /** Makes ready what recording a batch needs, while the one before it is being written. It never rejects. */
  prepare?(deliveries: readonly Delivery[]): Promise<void>;
  /** Records a batch in one transaction. What it throws for its data sets the culprit aside; see {@link Intake}. */
  record(deliveries: readonly Delivery[]): Promise<void>;
  /** Puts aside what cannot be recorded. */
  park: Park;
  events: LedgerEvents;
}

const MOST_BYTES = 16 * 1024 * 1024;
/** A batch of more than this share of a whole one is a sign of load. */
const BUSY_SHARE = 0.1;
/** Nothing arrives for so long: the load is over. */
const LULL_MS = 50;
const SHORTEST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;

/**
 * Takes messages from one queue, records them in batches and acknowledges them after the commit. While a batch is being
 * written the next one gathers, so batches grow with the load and nothing waits when there is none. They are written one
 * after the other, in the order in which they came.
 *
 * A batch that fails for its data is halved until the culprit stands alone; that one is put into `parked` with its error.
 * While the database is away nothing is taken: what was held is returned, and the queue keeps the rest.
 */
export class Intake {
  private waiting: Delivery[] = [];
  /** Taken, and to be recorded with a later batch. */
  private readonly held = new HeldBack(() => performance.now());
  private subscription: Subscription | undefined;
  private writing: Promise<void> | undefined;
  /** The batch that is in the database. */
  private recording: Promise<void> | undefined;
  /** The batch behind it. */
  private next: Delivery[] = [];
  private stopped = false;
  /** The last batch was large: there is load. */
  private busy = false;
  private noticeEnough: (() => void) | undefined;
  private waitMs = SHORTEST_WAIT_MS;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: IntakeOptions) {}

  /** @throws BrokerError when the queue cannot be consumed */
  async start(): Promise<void> {
    if (!this.subscription) await this.open();
  }

  /** Whether it takes messages just now. */
  get taking(): boolean {
    return this.subscription?.open === true;
  }

  /** Ends after the batch that is being written; the rest returns to the queue. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.noticeEnough?.();
    clearTimeout(this.timer);
    await this.writing;
    await this.subscription?.close();
    this.subscription = undefined;
  }

  private async open(): Promise<void> {
    const { broker, queue, prefetch, standsBy } = this.options;
    this.subscription = await broker.subscribe({
      queue,
      prefetch,
      standsBy,
      onDelivery: (delivery) => {
        this.waiting.push(delivery);
        this.options.onArrival?.(delivery);
        if (this.noticeEnough && this.hasEnough()) this.noticeEnough();
        this.write();
      },
      onLost: () => {
        this.waiting = this.waiting.filter((delivery) => delivery.alive);
        this.held.dropLost();
      },
    });
  }

  private write(): void {
    if (this.writing || this.stopped || this.waiting.length === 0) return;
    this.writing = this.writeAll().finally(() => {
      this.writing = undefined;
      this.write();
    });
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length + this.held.size > 0 && !this.stopped) {
      this.next = await this.gather();
      await this.options.prepare?.(this.next);
      await this.recording;
      // Given back with the one before it, which could not be written.
      if (this.next.length === 0) break;
      const batch = this.next;
      this.next = [];
      this.recording = this.recordOrRetreat(batch).finally(() => (this.recording = undefined));
    }
    await this.recording;
  }

  private async gather(): Promise<Delivery[]> {
    // What arrives in one turn of the event loop is one batch.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.recording) await Promise.race([this.recording, this.whole()]);
    if (this.busy) await this.enough();
    const taken = this.takeBatch();
    return this.held.sift(taken, (all) => (this.busy ? this.options.holdBack?.(all) : undefined));
  }

  private async recordOrRetreat(batch: readonly Delivery[]): Promise<void> {
    try {
      await this.recordAndAck(batch);
      this.waitMs = SHORTEST_WAIT_MS;
    } catch (error) {
      await this.retreat(batch, error);
    }
  }

  private async whole(): Promise<void> {
    if (!this.hasEnough()) await new Promise<void>((resolve) => (this.noticeEnough = resolve));
  }

  /** Resolves when a whole batch is there, when nothing more comes, or when it has gathered for its time. */
  private async enough(): Promise<void> {
    const endMs = performance.now() + (this.options.gatherMs ?? 0);
    for (let seen = -1; seen < this.waiting.length && performance.now() < endMs && !this.hasEnough();) {
      seen = this.waiting.length;
      await this.lull();
    }
  }

  private async lull(): Promise<void> {
    if (this.stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LULL_MS);
      this.noticeEnough = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.noticeEnough = undefined;
  }

  private hasEnough(): boolean {
    const { most, mostBytes = MOST_BYTES } = this.options;
    if (this.waiting.length >= most) return true;
    let bytes = 0;
    return this.waiting.some(({ message }) => (bytes += message.body.length) >= mostBytes);
  }

  private takeBatch(): Delivery[] {
    const { most, mostBytes = MOST_BYTES } = this.options;
    let count = 0;
    let bytes = 0;
    while (count < this.waiting.length && count < most) {
      const withNext = bytes + (this.waiting[count]?.message.body.length ?? 0);
      if (count > 0 && withNext > mostBytes) break;
      bytes = withNext;
      count++;
    }
    // A message of many lines is many.
    this.busy = Math.max(count / most, bytes / mostBytes) > BUSY_SHARE;
    return this.waiting.splice(0, count);
  }

  private async recordAndAck(batch: readonly Delivery[]): Promise<void> {
    try {
      await this.options.record(batch);
      for (const delivery of batch) delivery.ack();
    } catch (error) {
      if (isAway(error)) throw error;
      const [only] = batch;
      if (batch.length === 1 && only) return this.park(only, error);
      const half = Math.ceil(batch.length / 2);
      await this.recordAndAck(batch.slice(0, half));
      await this.recordAndAck(batch.slice(half));
    }
  }

  private async park(delivery: Delivery, error: unknown): Promise<void> {
    const { body, messageId, type } = delivery.message;
    const reason = reasonOf(error);
    await this.options.park({ body, messageId, type, from: this.options.queue, reason });
    delivery.ack();
  }

  /** The database is away, or nothing can be parked: give back what is held, once, and come again later. */
  private async retreat(batch: readonly Delivery[], error: unknown): Promise<void> {
    this.options.events.failed(`recording from ${this.options.queue}`, error, isDatabaseAway(error));
    await this.subscription?.cancel();
    for (const delivery of [...batch, ...this.next.splice(0), ...this.held.empty(), ...this.waiting.splice(0)])
      delivery.requeue();
    await this.subscription?.close();
    this.subscription = undefined;
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.comeBack(), this.waitMs);
    this.waitMs = Math.min(LONGEST_WAIT_MS, this.waitMs * 2);
  }

  private async comeBack(): Promise<void> {
    try {
      if (!this.stopped) await this.open();
    } catch (error) {
      this.options.events.failed(`consuming ${this.options.queue}`, error, false);
      if (!this.stopped) this.timer = setTimeout(() => void this.comeBack(), this.waitMs);
    }
  }
}

/** Not the fault of what is to be recorded: the same again later can go well. */
function isAway(error: unknown): boolean {
  return error instanceof BrokerError || isDatabaseAway(error);
}
