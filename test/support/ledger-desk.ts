import {
  type Delivery,
  type EventName,
  type OutgoingMessage,
  type Publisher,
  type ScutworkEvent,
  planLedger,
} from '../../libs/jobs/src';
import { confirmed } from '../../libs/jobs/src/broker/confirmed';
import { CONTROL_MESSAGE_TYPE, type ControlEntries, type ControlMessage } from '../../libs/jobs/src/contracts/control';
import type { JobsWorld } from './jobs-world';

type Named<N extends EventName> = Extract<ScutworkEvent, { event: N }>;

export const pauseOfQueue = (queue: string): ControlEntries => ({ [`pause:queue:${queue}`]: { kind: 'pause', queue } });
export const pauseOfType = (type: string): ControlEntries => ({ [`pause:type:${type}`]: { kind: 'pause', type } });
export const revocation = (id: string, cancel: 'cancel' | 'move' = 'cancel', generation = 0): ControlEntries => ({
  [`revoke:${id}`]: { kind: 'revoke', id, generation, cancel },
});

/** What a ledger does at the broker, by the test's own hand: it steers, and reads what it is told. */
export class LedgerDesk {
  version = 0;
  private inForce = new Map<string, ControlEntries[string]>();
  private snapshotAt = Date.now();
  private readonly lines: ScutworkEvent[] = [];

  private constructor(
    private readonly world: JobsWorld,
    private readonly publisher: Publisher,
  ) {}

  /** Declares what a ledger declares, and tells that nothing is in force. */
  static async open(world: JobsWorld): Promise<LedgerDesk> {
    const broker = await world.broker();
    await broker.apply(planLedger({ names: world.names }));
    const desk = new LedgerDesk(world, broker.publisher());
    await broker.subscribe({ queue: world.names.ledger, prefetch: 100, onDelivery: (delivery) => desk.hear(delivery) });
    await desk.snapshot();
    return desk;
  }

  /** Puts something in force. */
  async set(entries: ControlEntries): Promise<void> {
    for (const [key, entry] of Object.entries(entries)) this.inForce.set(key, entry);
    await this.publish({ ...this.next(), kind: 'delta', set: entries, lift: [] });
  }

  async lift(...keys: string[]): Promise<void> {
    for (const key of keys) this.inForce.delete(key);
    await this.publish({ ...this.next(), kind: 'delta', set: {}, lift: keys });
  }

  /** All that is in force, in parts of so many. */
  async snapshot(partSize = 1_000): Promise<void> {
    this.snapshotAt = Math.max(Date.now(), this.snapshotAt + 1);
    const all = [...this.inForce];
    const parts = Math.max(1, Math.ceil(all.length / partSize));
    for (let part = 1; part <= parts; part++) {
      const entries = Object.fromEntries(all.slice((part - 1) * partSize, part * partSize));
      await this.publish({ ...this.now(), kind: 'snapshot', part, parts, entries });
    }
  }

  async beat(): Promise<void> {
    await this.publish({ ...this.now(), kind: 'beat', now: Date.now() });
  }

  /** As it stands, or as it should not. */
  publish(message: ControlMessage | string): Promise<void> {
    const body = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
    const outgoing: OutgoingMessage = {
      ...{ exchange: '', routingKey: this.world.names.control, mandatory: true },
      ...{ type: CONTROL_MESSAGE_TYPE, body },
    };
    return confirmed(this.publisher, outgoing, 'the control message');
  }

  /** Everything of this kind that has been recorded by now. */
  told<N extends EventName>(name: N): Named<N>[] {
    return this.lines.filter((line): line is Named<N> => line.event === name);
  }

  private hear(delivery: Delivery): void {
    for (const line of delivery.message.body.toString().split('\n')) this.lines.push(JSON.parse(line) as ScutworkEvent);
    delivery.ack();
  }

  private now() {
    return { version: this.version, snapshotAt: this.snapshotAt };
  }

  private next() {
    this.version += 1;
    return this.now();
  }
}
