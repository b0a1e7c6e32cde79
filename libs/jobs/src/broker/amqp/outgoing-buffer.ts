import type { Pending } from './confirms';
import { Ring } from './ring';

/** Messages of this process that are not sent yet, in order, bounded by number and by bytes. */
export class OutgoingBuffer {
  private readonly kept = new Ring<Pending>();
  private bytes = 0;
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

  /** False when it is full; one message alone is always taken, whatever its size. */
  add(pending: Pending): boolean {
    if (!this.hasRoom()) return false;
    this.kept.push(pending);
    this.bytes += pending.message.body.length;
    return true;
  }

  shift(): Pending | undefined {
    const pending = this.kept.shift();
    if (!pending) return undefined;
    this.bytes -= pending.message.body.length;
    if (this.waiting.length > 0 && this.isHalfEmpty()) this.wake();
    return pending;
  }

  /** Resolves at once when there is room, else when half of it is free: a flood would otherwise wake everybody for each place. */
  whenRoom(): Promise<void> {
    if (this.hasRoom()) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private hasRoom(): boolean {
    return this.kept.length < this.maxMessages && this.bytes < this.maxBytes;
  }

  private isHalfEmpty(): boolean {
    return this.kept.length <= this.maxMessages / 2 && this.bytes <= this.maxBytes / 2;
  }
}
