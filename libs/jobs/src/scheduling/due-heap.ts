/** Things by when they are due, the earliest first: taking one out of ten thousand costs a dozen comparisons. */
export class DueHeap<T extends { dueAt: number }> {
  private readonly items: T[] = [];

  get size(): number {
    return this.items.length;
  }

  first(): T | undefined {
    return this.items[0];
  }

  push(item: T): void {
    this.items.push(item);
    for (let at = this.items.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (this.due(parent) <= this.due(at)) return;
      this.swap(parent, at);
      at = parent;
    }
  }

  pop(): T | undefined {
    const [first] = this.items;
    const last = this.items.pop();
    if (last === undefined || this.items.length === 0) return first;
    this.items[0] = last;
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const least = this.due(right) < this.due(left) ? right : left;
      if (this.due(least) >= this.due(at)) return first;
      this.swap(least, at);
      at = least;
    }
  }

  clear(): void {
    this.items.length = 0;
  }

  private due(index: number): number {
    return this.items[index]?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  private swap(a: number, b: number): void {
    const [one, other] = [this.items[a], this.items[b]];
    if (one === undefined || other === undefined) return;
    this.items[a] = other;
    this.items[b] = one;
  }
}
