import type { Link, MemoryClient } from './client';

/** What lives on one connection alone: it goes with it, and does not come back with the next. */
export abstract class PassingLink implements Link {
  private ended = false;

  constructor(protected readonly client: MemoryClient) {}

  abstract lost(reason: string): void;

  /** What was lost stays lost. */
  connected(): void {
    return undefined;
  }

  async close(): Promise<void> {
    this.leave();
    await new Promise<void>((resolve) => this.client.world.turns.soon(resolve));
  }

  end(): Promise<void> {
    return this.close();
  }

  /** What it holds of the world, given up once. */
  protected abstract giveUp(): void;

  /** False when it had ended before. */
  protected leave(): boolean {
    if (this.ended) return false;
    this.ended = true;
    this.giveUp();
    this.client.forget(this);
    return true;
  }
}
