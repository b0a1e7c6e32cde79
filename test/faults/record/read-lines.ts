import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RunLine } from './run-record';

/** All that handlers wrote, by time. A line that was cut off by a kill says nothing. */
export function readRuns(folder: string): RunLine[] {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return files.flatMap((file) => linesOf(readFileSync(join(folder, file), 'utf8'))).sort((a, b) => a.at - b.at);
}

function linesOf(text: string): RunLine[] {
  // What comes after the last line break is not whole.
  const whole = text.split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as RunLine);
}
