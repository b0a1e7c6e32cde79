import { type FileHandle, open } from 'node:fs/promises';

/** What a handler wrote down of itself. */
export type RunLine =
  | { said: 'start'; id: string; key?: string; type: string; attempt: number; worker: string; at: number }
  | { said: 'end'; id: string; attempt: number; worker: string; at: number; ok: boolean };

/**
 * A file of lines that is on disk before the handler goes on: what was written survives whatever happens to us. Lines of
 * one moment share an fsync.
 */
export class RunRecord {
  private waiting: { line: string; written: () => void; failed: (error: unknown) => void }[] = [];
  private writing = false;

  private constructor(private readonly file: FileHandle) {}

  static async open(path: string): Promise<RunRecord> {
    return new RunRecord(await open(path, 'a'));
  }

  write(line: RunLine): Promise<void> {
    return new Promise((written, failed) => {
      this.waiting.push({ line: `${JSON.stringify(line)}\n`, written, failed });
      if (!this.writing) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.writing = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0);
      try {
        await this.file.appendFile(batch.map(({ line }) => line).join(''));
        await this.file.datasync();
        for (const { written } of batch) written();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.writing = false;
  }
}
