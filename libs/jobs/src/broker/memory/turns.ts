/** Kept from before a test replaces the timers of its process: a network has no fake time. */
const inNextTurn = setImmediate;

/** What the network and the broker would do later: every action in a later turn of the event loop, in order. */
export class Turns {
  private waiting: (() => void)[] = [];
  private running = false;
  private asked = 0;

  /** How much was asked for so far. */
  get count(): number {
    return this.asked;
  }

  soon(action: () => void): void {
    this.waiting.push(action);
    this.asked += 1;
    if (this.running || this.waiting.length > 1) return;
    inNextTurn(() => this.run());
  }

  private run(): void {
    const actions = this.waiting;
    this.waiting = [];
    this.running = true;
    let done = 0;
    try {
      for (const action of actions) {
        done += 1;
        action();
      }
    } finally {
      this.running = false;
      this.waiting = [...actions.slice(done), ...this.waiting];
      if (this.waiting.length > 0) inNextTurn(() => this.run());
    }
  }
}
