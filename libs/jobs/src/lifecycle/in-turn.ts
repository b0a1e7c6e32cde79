/** Runs one piece of work after the other, in the order in which they were asked for; one that fails holds up no other. */
export class InTurn {
  private last: Promise<unknown> = Promise.resolve();

  /** Resolves and rejects as the work does: whoever asked is told. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const next = (): Promise<T> => work();
    const result = this.last.then(next, next);
    this.last = result;
    return result;
  }
}
