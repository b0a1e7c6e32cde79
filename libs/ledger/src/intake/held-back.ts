import type { Delivery } from '@scutwork/jobs';

/** No message is held for longer, so that nobody looks for its job in vain. */
const HOLD_MS = 2_000;
const MOST_BYTES = 16 * 1024 * 1024;
/** The broker sends no more while a prefetch is held. */
const MOST_MESSAGES = 500;

interface Held {
  delivery: Delivery;
  sinceMs: number;
}

/** What had better be recorded with a later batch: see `before-their-ends.ts`. Bounded in time, messages and bytes. */
export class HeldBack {
  /** The oldest first. */
  private held: Held[] = [];

  constructor(private readonly now: () => number) {}

  get size(): number {
    return this.held.length;
  }

  /**
   * @param which of them and of what is held had better wait, never all; undefined for none
   * @returns what of both is to be recorded now
   */
  sift(taken: readonly Delivery[], which: (all: readonly Delivery[]) => ReadonlySet<Delivery> | undefined): Delivery[] {
    const now = this.now();
    const all = [...this.held, ...taken.map((delivery) => ({ delivery, sinceMs: now }))];
    const deliveries = all.map(({ delivery }) => delivery);
    const waits = which(deliveries);
    const may = all.filter(({ delivery, sinceMs }) => waits?.has(delivery) && now - sinceMs < HOLD_MS);
    this.held = newestOf(may);
    const held = new Set(this.held.map(({ delivery }) => delivery));
    return deliveries.filter((delivery) => !held.has(delivery));
  }

  /** Those of a lost connection come again. */
  dropLost(): void {
    this.held = this.held.filter(({ delivery }) => delivery.alive);
  }

  /** Gives back all that is held. */
  empty(): Delivery[] {
    return this.held.splice(0).map(({ delivery }) => delivery);
  }
}

/** As many as there is room for. */
function newestOf(may: readonly Held[]): Held[] {
  const newest: Held[] = [];
  let bytes = 0;
  for (const one of may.slice(-MOST_MESSAGES).reverse()) {
    bytes += one.delivery.message.body.length;
    if (bytes > MOST_BYTES) break;
    newest.push(one);
  }
  return newest.reverse();
}
