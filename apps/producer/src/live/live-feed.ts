import type { LedgerApi } from '@scutwork/ledger';
import type { Logger } from 'pino';
import { LiveClient, type Wanted } from './live-client';
import { type Place, WHOLE } from './place';

const POLL_MS = 250;
const BEAT_MS = 15_000;
const MOST_CLIENTS = 1_000;

interface Attached {
  client: LiveClient;
  /** Whether it may go on: asked at each beat. */
  mayStay: () => Promise<boolean>;
}

/** Tells readers what happens. However many there are, the ledger is asked once; it rests while there are none. */
export class LiveFeed {
  private readonly attached = new Set<Attached>();
  /** The bundle up to which all that are attached have been told. */
  private seq = 0;
  private polling = false;
  private loop = Promise.resolve();
  private stopped = false;
  private wake: (() => void) | undefined;

  constructor(
    private readonly ledger: Pick<LedgerApi, 'feed'>,
    private readonly log: Pick<Logger, 'warn'>,
    private readonly beatMs = BEAT_MS,
  ) {}

  /** Whether one more reader can be taken. */
  get open(): boolean {
    return !this.stopped && this.attached.size < MOST_CLIENTS;
  }

  /** A reader from now on, or from the place after which it was cut off. @throws LedgerError `database_unreachable` */
  async attach(from: Place | undefined, wanted: Wanted, mayStay: () => Promise<boolean>): Promise<LiveClient> {
    const place = from ?? { seq: (await this.ledger.feed('now')).seq, index: WHOLE };
    const client = new LiveClient(place, wanted);
    // A place that is given may be too old, or of another database: only the ledger knows.
    let seen = from === undefined ? place.seq : await this.tellNext(client, client.seenSeq);
    while (this.polling && seen < this.seq && !client.ended) seen = await this.tellNext(client, seen);
    // Nothing is awaited between that look and this: no change falls between the two.
    const attached = { client, mayStay };
    this.attached.add(attached);
    client.stream.once('close', () => this.attached.delete(attached));
    if (!this.polling && !this.stopped) this.follow(seen);
    return client;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    for (const { client } of this.attached) client.end();
    await this.loop;
  }

  private async tellNext(client: LiveClient, after: number): Promise<number> {
    const { seq, changes, lost } = await this.ledger.feed(after);
    if (lost) client.tellLoss(after < seq ? after : seq);
    client.tell(changes, seq);
    return seq;
  }

  private follow(from: number): void {
    this.seq = from;
    this.polling = true;
    this.loop = this.poll();
  }

  private async poll(): Promise<void> {
    let beatenAt = Date.now();
    while (!this.stopped && this.attached.size > 0) {
      const more = await this.pass();
      if (Date.now() - beatenAt >= this.beatMs) {
        beatenAt = Date.now();
        await this.beat();
      }
      if (!more) await this.rest();
    }
    this.polling = false;
  }

  private async pass(): Promise<boolean> {
    try {
      const { seq, changes, lost } = await this.ledger.feed(this.seq);
      for (const { client } of this.attached) {
        if (lost) client.tellLoss(Math.min(seq, this.seq));
        client.tell(changes, seq);
      }
      const more = seq > this.seq;
      this.seq = seq;
      return more;
    } catch (error) {
      this.log.warn({ err: error }, 'live events wait: the ledger does not answer');
      return false;
    }
  }

  private async beat(): Promise<void> {
    for (const { client, mayStay } of [...this.attached]) {
      if (await mayStay()) client.beat();
      else client.end();
    }
  }

  private async rest(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
