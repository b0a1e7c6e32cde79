import { type FileHandle, mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InTurn } from '../lifecycle/in-turn';

const SUFFIX = '.ndjson';

/**
 * Records on disk while the broker takes none: appended and synced before their jobs are acknowledged, published
 * later. Files of workers that are gone are taken over. Where no disk survives, history is lost, not jobs.
 */
export class Spool {
  private file: FileHandle | undefined;
  /** The last append was not heard to end well. */
  private torn = false;
  /** Of writing. */
  private readonly turns = new InTurn();
  /** Of publishing, which may wait for a broker that takes nothing: writing goes on meanwhile. */
  private readonly drains = new InTurn();

  constructor(
    private readonly dir: string,
    private readonly worker: string,
  ) {}

  /**
   * Resolves when the lines are on disk. Calls are written in order.
   * @throws what the file system throws, as when the disk is full: nothing may be acknowledged then
   */
  append(lines: readonly string[]): Promise<void> {
    return this.turns.run(async () => {
      this.file ??= await this.openOwn();
      // A full disk may have taken a part of what came before: it must not run into what comes now.
      const start = this.torn ? '\n' : '';
      this.torn = true;
      try {
        await this.file.appendFile(`${start}${lines.join('\n')}\n`);
        await this.file.datasync();
        this.torn = false;
      } finally {
        if (this.torn) await this.closeOwn();
      }
    });
  }

  /**
   * Hands all spooled lines to `publish`, a file at a time, and removes a file when its lines are confirmed. One call
   * after the other: a connection that comes back twice asks twice.
   * @returns how many lines were published
   */
  drain(publish: (lines: string[]) => Promise<void>): Promise<number> {
    return this.drains.run(async () => {
      let published = 0;
      // In one turn: what is appended while a file is taken would go with it, and be removed unread.
      const files = await this.turns.run(() => this.closeAndTake());
      for (const file of files) {
        const lines = (await readFile(file, 'utf8')).split('\n').filter(isWhole);
        if (lines.length > 0) await publish(lines);
        await rm(file);
        published += lines.length;
      }
      return published;
    });
  }

  close(): Promise<void> {
    return this.turns.run(() => this.closeOwn());
  }

  private async closeOwn(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
  }

  private async closeAndTake(): Promise<string[]> {
    await this.closeOwn();
    return this.takeFiles();
  }

  private async openOwn(): Promise<FileHandle> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    return open(join(this.dir, `${this.worker}${SUFFIX}`), 'a', 0o600);
  }

  /** Own files, and those whose process is gone; renamed first, so that no two workers publish one file. */
  private async takeFiles(): Promise<string[]> {
    const names = await readdir(this.dir).catch(ignoreMissing);
    const taken: string[] = [];
    for (const name of names.filter((each) => each.endsWith(SUFFIX) && this.mayTake(each))) {
      const target = join(this.dir, `${this.worker}.${Date.now()}.${taken.length}.taken${SUFFIX}`);
      const moved = await rename(join(this.dir, name), target).then(
        () => true,
        () => false,
      ); // Another worker was first.
      if (moved) taken.push(target);
    }
    return taken;
  }

  private mayTake(name: string): boolean {
    if (name.startsWith(`${this.worker}.`)) return true;
    const pid = /-(\d+)-[0-9a-f]{6}/.exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  }
}

/** A crash, or a full disk, in the middle of an append leaves half a line behind: its job was not acknowledged and runs again. */
function isWhole(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function ignoreMissing(error: unknown): string[] {
  if (codeOf(error) === 'ENOENT') return [];
  throw error;
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
