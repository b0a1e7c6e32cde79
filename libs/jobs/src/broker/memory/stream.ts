import type { IncomingMessage } from '../../contracts/message';
import type { QueuePlan } from '../../topology/plan';
import type { QueueDepth, ReadStreamOptions } from '../broker';
import { guarded } from './guarded';
import { type StoredMessage, incomingFrom } from './message';
import type { World } from './world';

/** Whoever reads it, and how far it has come. */
interface Reading {
  next: number;
  readonly onMessage: (message: IncomingMessage) => void;
  readonly onLost: (reason: string) => void;
}

/** A queue that keeps everything, for any number of readers. */
export class Stream {
  private readonly kept: { message: StoredMessage; storedAtMs: number }[] = [];
  private readonly readings = new Set<Reading>();

  constructor(
    readonly plan: QueuePlan,
    private readonly world: World,
  ) {}

  get depth(): QueueDepth {
    return { messages: this.kept.length, consumers: this.readings.size };
  }

  offer(message: StoredMessage): boolean {
    this.kept.push({ message, storedAtMs: this.world.clock.now() });
    for (const reading of this.readings) this.deliverSoon(reading);
    return true;
  }

  /** The returned function ends it. */
  read(from: ReadStreamOptions['from'], told: Pick<Reading, 'onMessage' | 'onLost'>): () => void {
    const reading: Reading = { next: this.startOf(from), ...told };
    this.readings.add(reading);
    this.deliverSoon(reading);
    return () => void this.readings.delete(reading);
  }

  loseReaders(reason: string): void {
    for (const reading of [...this.readings]) {
      this.readings.delete(reading);
      reading.onLost(reason);
    }
  }

  private startOf(from: ReadStreamOptions['from']): number {
    if (from === 'last') return Math.max(0, this.kept.length - 1);
    const secondMs = Math.floor(from.timestampMs / 1_000) * 1_000;
    const first = this.kept.findIndex(({ storedAtMs }) => storedAtMs >= secondMs);
    return first === -1 ? this.kept.length : first;
  }

  private deliverSoon(reading: Reading): void {
    this.world.turns.soon(() => {
      while (this.readings.has(reading)) {
        const kept = this.kept[reading.next];
        if (!kept) return;
        reading.next += 1;
        guarded('The reader of a stream', () => reading.onMessage(incomingFrom(kept.message, this.plan.name)));
      }
    });
  }
}
