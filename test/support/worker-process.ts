import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ProcessOptions {
  url: string;
  prefix: string;
  /** File to which its jobs write. */
  log: string;
  concurrency?: number;
  prefetch?: number;
  poisonAfter?: number;
}

/** A worker in a process of its own (see killable-worker.cjs). It uses the built library: run `npm run build` before. */
export function spawnWorker(options: ProcessOptions): ChildProcess {
  return spawn(process.execPath, [join(__dirname, 'killable-worker.cjs'), JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

export function exited(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode ?? child.signalCode);
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
}

/** The lines that the jobs have written. */
export function linesOf(log: string): string[] {
  return existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : [];
}
