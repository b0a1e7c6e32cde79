/** A delivery as long as it is not settled towards the broker, between its neighbours. */
export interface Held {
  /** Delivery tag of its channel. */
  readonly tag: number;
  acked: boolean;
  older: Held | undefined;
  newer: Held | undefined;
}

/** The acks of one moment: all up to `upTo` by one frame, `singles` by one each. */
export interface AckBatch {
  upTo: number | undefined;
  singles: number[];
}

/**
 * The deliveries of a channel that the broker still counts as ours, oldest first. All that are done without a gap are
 * acked by one frame; what is done above a gap is acked singly, so that one long job holds up nobody's ack. Only what is
 * held is kept: a gap may stay for hours while millions pass it.
 */
export class Unsettled {
  private oldest: Held | undefined;
  private newest: Held | undefined;
  private acked: Held[] = [];

  get isEmpty(): boolean {
    return this.oldest === undefined;
  }

  /** Tags come in rising order. */
  add(held: Held): void {
    held.older = this.newest;
    if (this.newest) this.newest.newer = held;
    else this.oldest = held;
    this.newest = held;
  }

  /** To be acked with the next batch. */
  ack(held: Held): void {
    held.acked = true;
    this.acked.push(held);
  }

  /** Settled by a frame of its own; an ack that covers it does not touch it any more. */
  remove(held: Held): void {
    if (held.older) held.older.newer = held.newer;
    else this.oldest = held.newer;
    if (held.newer) held.newer.older = held.older;
    else this.newest = held.older;
    // Whoever keeps a settled delivery must not keep all that came after it.
    held.older = undefined;
    held.newer = undefined;
  }

  /** What is to be sent now. A covering ack names a tag that the broker still counts: it refuses others. */
  take(): AckBatch {
    let upTo = 0;
    for (; this.oldest?.acked; this.remove(this.oldest)) upTo = this.oldest.tag;
    const above = this.acked.filter((held) => held.tag > upTo);
    for (const held of above) this.remove(held);
    this.acked = [];
    return { upTo: upTo === 0 ? undefined : upTo, singles: above.map((held) => held.tag) };
  }
}
