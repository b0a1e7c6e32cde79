/** First in, first out on a circular array that grows: `shift` on a long plain array moves everything behind it. */
export class Ring<T> {
  private slots: (T | undefined)[] = new Array<T | undefined>(64).fill(undefined);
  private head = 0;
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(item: T): void {
    if (this.count === this.slots.length) this.grow();
    this.slots[(this.head + this.count) & (this.slots.length - 1)] = item;
    this.count += 1;
  }

  /** The item at `index` from the front. */
  at(index: number): T | undefined {
    return index < this.count ? this.slots[(this.head + index) & (this.slots.length - 1)] : undefined;
  }

  set(index: number, item: T): void {
    if (index < this.count) this.slots[(this.head + index) & (this.slots.length - 1)] = item;
  }

  shift(): T | undefined {
    if (this.count === 0) return undefined;
    const item = this.slots[this.head];
    this.slots[this.head] = undefined;
    this.head = (this.head + 1) & (this.slots.length - 1);
    this.count -= 1;
    return item;
  }

  private grow(): void {
    const ordered = [...this.slots.slice(this.head), ...this.slots.slice(0, this.head)];
    this.slots = ordered.concat(new Array<T | undefined>(ordered.length).fill(undefined));
    this.head = 0;
  }
}
