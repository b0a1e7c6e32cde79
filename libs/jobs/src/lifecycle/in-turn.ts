/** Runs one piece of work after the other, in the order in which they were asked for; one that fails holds up no other. */
export class InTurn {
  private last: Promise<unknown> = Promise.resolve();

  /** Resolves and rejects as the work does. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined); // Whoever asked is told.
    return result;
  }
}
