/** The acks of one moment: all up to `upTo` by one frame, `singles` by one each. */
export interface AckBatch {
  upTo: number | undefined;
  singles: number[];
}

const OUTSTANDING = 0;
const TO_ACK = 1;
const GONE = 2;

/**
 * Which deliveries of a channel are settled. All that are done without a gap are acked by one frame; what is done above a
 * gap is acked singly, so that one long job holds up nobody's ack. Tags are delivered in order, from 1.
 */
export class Watermark {
  /** State by tag, circular; grows with what is outstanding, which prefetch bounds. */
  private states = new Uint8Array(256);
  /** The lowest tag that is not gone. */
  private lowest = 1;
  /** The highest tag that was delivered. */
  private highest = 0;
  /** Tags to ack, in the order they were settled. */
  private settled: number[] = [];

  delivered(tag: number): void {
    while (tag - this.lowest >= this.states.length) this.grow();
    this.highest = tag;
    this.states[this.slot(tag)] = OUTSTANDING;
  }

  /** To be acked with the next batch. */
  ack(tag: number): void {
    this.states[this.slot(tag)] = TO_ACK;
    this.settled.push(tag);
  }

  /** Settled by a frame of its own: no ack may speak of it any more, but one that covers it is harmless. */
  gone(tag: number): void {
    this.states[this.slot(tag)] = GONE;
  }

  /** What is to be sent now. A covering ack names a tag that is still to be acked: the broker must know it. */
  take(): AckBatch {
    let upTo: number | undefined;
    for (; this.lowest <= this.highest && this.states[this.slot(this.lowest)] !== OUTSTANDING; this.lowest += 1) {
      if (this.states[this.slot(this.lowest)] === TO_ACK) upTo = this.lowest;
    }
    const singles = this.settled.filter((tag) => tag >= this.lowest);
    for (const tag of singles) this.states[this.slot(tag)] = GONE;
    this.settled = [];
    return { upTo, singles };
  }

  private slot(tag: number): number {
    return tag & (this.states.length - 1);
  }

  private grow(): void {
    const grown = new Uint8Array(this.states.length * 2);
    for (let tag = this.lowest; tag <= this.highest; tag += 1)
      grown[tag & (grown.length - 1)] = this.states[this.slot(tag)] ?? OUTSTANDING;
    this.states = grown;
  }
}
