import type { OutgoingMessage } from '../../contracts/message';
import type { PublishDone } from '../broker';
import { Ring } from './ring';

/** A message from `publish` until its `done` was called. */
export interface Pending {
  readonly message: OutgoingMessage;
  readonly done: PublishDone;
  /** Milliseconds since 1970; Infinity for ever. */
  readonly expiresAt: number;
  /** Its deadline passed and `done` was called; the broker's answer is awaited still, to keep the count of tags. */
  givenUp: boolean;
}

type Each = (pending: Pending) => void;

/** What was sent on one confirm channel and is not confirmed, by delivery tag. A new channel begins with a new one. */
export class Confirms {
  /** Messages that are sent, neither confirmed nor given up. */
  open = 0;
  /** Bytes of their bodies. */
  openBytes = 0;
  /** Begins with `lowestTag`; a hole is a message that was confirmed before its elders. */
  private readonly sent = new Ring<Pending | undefined>();
  private lowestTag = 1;

  /** The tag of the oldest that the broker has not answered, given up or not. */
  get oldest(): number | undefined {
    return this.sent.length > 0 ? this.lowestTag : undefined;
  }

  add(pending: Pending): void {
    this.sent.push(pending);
    this.open += 1;
    this.openBytes += pending.message.body.length;
  }

  /** The broker's answer to `tag`, or to all up to it; `each` is called for those it speaks of, given up or not. */
  settle(tag: number, multiple: boolean, each: Each): void {
    if (multiple) {
      while (this.lowestTag <= tag && this.sent.length > 0) this.takeOut(this.shift(), each);
      return;
    }
    const index = tag - this.lowestTag;
    const pending = index === 0 ? this.shift() : this.sent.at(index);
    if (index > 0) this.sent.set(index, undefined);
    while (this.sent.length > 0 && this.sent.at(0) === undefined) this.shift();
    this.takeOut(pending, each);
  }

  /** Gives up those whose deadline has passed. They were sent in the order of their deadlines. */
  expire(now: number, each: Each): void {
    for (let index = 0; index < this.sent.length; index += 1) {
      const pending = this.sent.at(index);
      if (!pending || pending.givenUp) continue;
      if (pending.expiresAt > now) return;
      this.count(pending);
      pending.givenUp = true;
      each(pending);
    }
  }

  /** The earliest deadline of what is open. */
  nextDeadline(): number | undefined {
    for (let index = 0; index < this.sent.length; index += 1) {
      const pending = this.sent.at(index);
      if (pending && !pending.givenUp) return pending.expiresAt;
    }
    return undefined;
  }

  /** Takes everything out: the channel is gone and no answer will come. */
  drain(each: Each): void {
    while (this.sent.length > 0) this.takeOut(this.shift(), each);
  }

  private shift(): Pending | undefined {
    this.lowestTag += 1;
    return this.sent.shift();
  }

  private takeOut(pending: Pending | undefined, each: Each): void {
    if (!pending) return;
    this.count(pending);
    each(pending);
  }

  private count(pending: Pending): void {
    if (pending.givenUp) return;
    this.open -= 1;
    this.openBytes -= pending.message.body.length;
  }
}
