import { PassThrough } from 'node:stream';
import type { FeedEntry } from '@scutwork/ledger';
import { type Place, WHOLE, placeText } from './place';

export type Wanted = (entry: FeedEntry) => boolean;

/** Bytes that may wait for a reader; one that is slower is let go, and comes back with the last id that it saw. */
const MOST_WAITING_BYTES = 1_024 * 1_024;

/** One reader of server-sent events. */
export class LiveClient {
  readonly stream = new PassThrough();
  private place: Place;

  constructor(
    from: Place,
    private readonly wanted: Wanted,
  ) {
    this.place = from;
    this.stream.write(`retry: 2000\n\n`);
  }

  /** The bundle after which it needs the next: that of its place is not wholly seen as long as it came back in its midst. */
  get seenSeq(): number {
    return this.place.index === WHOLE ? this.place.seq : this.place.seq - 1;
  }

  get ended(): boolean {
    return this.stream.destroyed || this.stream.writableEnded;
  }

  /** Sends those of the changes that it has not seen and wants. `upTo` is the last bundle of them. */
  tell(changes: readonly FeedEntry[], upTo: number): void {
    let text = '';
    let [seq, index] = [-1, 0];
    for (const entry of changes) {
      index = entry.seq === seq ? index + 1 : 0;
      seq = entry.seq;
      if (this.isNew({ seq, index }) && this.wanted(entry)) text += eventOf({ seq, index }, entry);
    }
    if (upTo > this.place.seq) this.place = { seq: upTo, index: WHOLE };
    if (text !== '') this.send(text);
  }

  /** What was between is not kept any more: the reader has to look at the lists again, and goes on from `now`. */
  tellLoss(now: number): void {
    this.place = { seq: now, index: WHOLE };
    this.send(`event: lost\ndata: {"hint":"Some events are not kept any more: read the lists again"}\n\n`);
  }

  /** Keeps proxies from closing the connection, and tells how far it is where nothing happened that the reader wants. */
  beat(): void {
    this.send(`: beat\nid: ${placeText(this.place)}\n\n`);
  }

  end(): void {
    this.stream.end();
  }

  private isNew({ seq, index }: Place): boolean {
    return seq > this.place.seq || (seq === this.place.seq && index > this.place.index);
  }

  private send(text: string): void {
    if (this.ended) return;
    this.stream.write(text);
    if (this.stream.writableLength + this.stream.readableLength > MOST_WAITING_BYTES) this.stream.destroy();
  }
}

function eventOf(place: Place, { seq: _, ...entry }: FeedEntry): string {
  return `id: ${placeText(place)}\nevent: job\ndata: ${JSON.stringify(entry)}\n\n`;
}
