import type { Broker, StreamReader } from '../broker/broker';
import { isUp } from '../broker/is-up';
import { EVERY_QUEUE } from '../contracts/control';
import type { IncomingMessage } from '../contracts/message';
import { readControl } from './read-control';
import type { EventSink } from '../events/event-bus';
import type { Clock } from '../lifecycle/clock';
import type { Names } from '../topology/names';
import { reasonOf } from '../contracts/reason';

/** A ledger that has said nothing for so long says nothing of what is full any more: jobs are added without it. */
const VALID_MS = 30_000;
const AGAIN_MS = 1_000;
/** Until it is looked again whether there is a ledger: often at first, as both may be starting; or whether it may be read. */
const LOOK_AGAIN_MS = 30_000;
const SOON_LOOKS = 20;

export interface FullQueuesOptions {
  broker: Broker;
  names: Names;
  clock: Clock;
  events: EventSink;
}

/**
 * Which queues take no new jobs, as the ledger's beat says it. What is not known is not full: where there is no ledger,
 * while it is silent, and where the control stream may not be read, everything is added. It is looked for when jobs are
 * added and by no timer: a client that rests asks nobody.
 */
export class FullQueues {
  private full = new Set<string>();
  private saidAtMs = Number.NEGATIVE_INFINITY;
  private lookAtMs = Number.NEGATIVE_INFINITY;
  private looks = 0;
  private looking: Promise<void> | undefined;
  private reader: StreamReader | undefined;
  private lastFault: string | undefined;
  private stopped = false;

  constructor(private readonly options: FullQueuesOptions) {}

  has(queue: string): boolean {
    this.look();
    if (this.full.size === 0 || this.options.clock.now() - this.saidAtMs > VALID_MS) return false;
    return this.full.has(queue) || this.full.has(EVERY_QUEUE);
  }

  /** Begins to read the beat, if it is not read yet and it is time to try. */
  look(): void {
    if (this.reader || this.looking || this.stopped || this.options.clock.now() < this.lookAtMs) return;
    this.looking = this.open().finally(() => (this.looking = undefined));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.looking;
    await this.reader?.close();
  }

  private async open(): Promise<void> {
    const { broker, names } = this.options;
    this.lookAgainIn(AGAIN_MS);
    if (!isUp(broker.state)) return;
    try {
      this.looks += 1;
      if ((await broker.depth(names.control)) !== undefined) await this.read();
      else if (this.looks > SOON_LOOKS) return this.lookAgainIn(LOOK_AGAIN_MS);
      this.lastFault = undefined;
    } catch (error) {
      this.failed(error);
    }
  }

  private async read(): Promise<void> {
    const { broker, names } = this.options;
    const lost = new AbortController();
    const onLost = (): void => {
      lost.abort();
      this.reader = undefined;
      this.lookAgainIn(AGAIN_MS);
    };
    const onMessage = (message: IncomingMessage): void => this.take(message);
    const reader = await broker.readStream({ queue: names.control, from: 'last', onMessage, onLost });
    if (!lost.signal.aborted) this.reader = reader;
  }

  private take(message: IncomingMessage): void {
    const read = readControl(message);
    if (typeof read !== 'object' || read.kind !== 'beat') return;
    this.full = new Set(read.full);
    this.saidAtMs = this.options.clock.now();
  }

  /** Away: its return is waited for. Anything else is stated, once: such as a user who may not read. */
  private failed(error: unknown): void {
    if (this.stopped || !isUp(this.options.broker.state)) return;
    this.lookAgainIn(LOOK_AGAIN_MS);
    const reason = reasonOf(error);
    if (reason !== this.lastFault) this.options.events.emit({ event: 'backlog.unknown', reason });
    this.lastFault = reason;
  }

  private lookAgainIn(ms: number): void {
    this.lookAtMs = this.options.clock.now() + ms;
  }
}
