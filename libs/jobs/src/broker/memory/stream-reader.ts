import type { ReadStreamOptions, StreamReader } from '../broker';
import type { MemoryClient } from './client';
import { guarded } from './guarded';
import { PassingLink } from './passing-link';
import type { Stream } from './stream';

export class MemoryStreamReader extends PassingLink implements StreamReader {
  private readonly stop: () => void;

  constructor(
    client: MemoryClient,
    stream: Stream,
    private readonly read: ReadStreamOptions,
  ) {
    super(client);
    this.stop = stream.read(read.from, { onMessage: read.onMessage, onLost: (reason) => this.lost(reason) });
  }

  lost(reason: string): void {
    if (!this.leave()) return;
    guarded('The reader of a stream', () => this.read.onLost?.(reason));
  }

  protected giveUp(): void {
    this.stop();
  }
}
