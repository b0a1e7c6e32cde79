import type { Pending } from './confirms';
import { Ring } from './ring';

/** Messages of this process that are not sent yet, in order, bounded by number and by bytes. */
export class OutgoingBuffer {
  private readonly kept = new Ring<Pending>();
  private bytes = 0;
  /** It refused a message and is not half empty since. */
  private full = false;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly maxMessages: number,
    private readonly maxBytes: number,
  ) {}

  get length(): number {
    return this.kept.length;
  }

  first(): Pending | undefined {
    return this.kept.at(0);
  }

  /** False when it is full; into an empty one goes a message of any size. */
  add(pending: Pending): boolean {
    const bytes = this.bytes + pending.message.body.length;
    const fits = this.kept.length < this.maxMessages && bytes <= this.maxBytes;
    if (!fits && this.kept.length > 0) {
      this.full = true;
      return false;
    }
    this.kept.push(pending);
    this.bytes = bytes;
    return true;
  }

  shift(): Pending | undefined {
    const pending = this.kept.shift();
    if (!pending) return undefined;
    this.bytes -= pending.message.body.length;
    if (this.full && this.isHalfEmpty()) this.wake();
    return pending;
  }

  /** Resolves at once unless it is full, and then when half of it is free: not everybody is woken for every place. */
  whenRoom(): Promise<void> {
    if (this.kept.length >= this.maxMessages) this.full = true;
    return this.full ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve();
  }

  wake(): void {
    this.full = false;
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private isHalfEmpty(): boolean {
    return this.kept.length <= this.maxMessages / 2 && this.bytes <= this.maxBytes / 2;
  }
}
