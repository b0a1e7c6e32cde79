import type { ReadStreamOptions, StreamReader } from '../broker';
import type { Link, MemoryClient } from './client';
import { guarded } from './guarded';
import type { Stream } from './stream';

export class MemoryStreamReader implements StreamReader, Link {
  private readonly stop: () => void;
  private ended = false;

  constructor(
    private readonly client: MemoryClient,
    stream: Stream,
    private readonly read: ReadStreamOptions,
  ) {
    this.stop = stream.read(read.from, { onMessage: read.onMessage, onLost: (reason) => this.lost(reason) });
  }

  /** What was lost stays lost. */
  connected(): void {
    return undefined;
  }

  lost(reason: string): void {
    if (!this.leave()) return;
    guarded('The reader of a stream', () => this.read.onLost?.(reason));
  }

  async close(): Promise<void> {
    this.leave();
    await new Promise<void>((resolve) => this.client.world.turns.soon(resolve));
  }

  end(): Promise<void> {
    return this.close();
  }

  /** False when it had ended before. */
  private leave(): boolean {
    if (this.ended) return false;
    this.ended = true;
    this.stop();
    this.client.forget(this);
    return true;
  }
}
