/** A leader of a quorum queue is replaced about so soon, in milliseconds. */
const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** After so long without a nack the next one has nothing to do with the last. */
const FORGOTTEN_MS = 60_000;

/**
 * When a channel on which a message was refused is replaced by another. On RabbitMQ 3.10 one that turns to a queue just as
 * the node of its leader is lost keeps to that node, and refuses whatever is for the queue until the node is back; a
 * channel that is opened later asks the new leader. A queue that is full refuses too: there it helps nothing, and is done
 * ever more rarely.
 */
export class Renewal {
  private afterMs = FIRST_MS;
  private nackedAtMs = Number.NEGATIVE_INFINITY;

  /** A message was refused on a channel of that age. True: it is to be replaced. */
  nacked(ageMs: number, nowMs: number): boolean {
    if (nowMs - this.nackedAtMs > FORGOTTEN_MS) this.afterMs = FIRST_MS;
    this.nackedAtMs = nowMs;
    if (ageMs < this.afterMs) return false;
    this.afterMs = Math.min(this.afterMs * 2, LONGEST_MS);
    return true;
  }
}
