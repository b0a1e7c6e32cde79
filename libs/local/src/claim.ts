import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isAlive, thisProcess, type ProcessId } from './processes';

/** Who holds a claim file; `undefined` when nobody does, or the one who did is gone. */
function claimedBy(file: string): ProcessId | undefined {
  const owner = readJson(file) as ProcessId | undefined;
  return owner && isAlive(owner) ? owner : undefined;
}

/**
 * Takes a claim file for this process. Returns the holder if a living process (this one included) has it already;
 * a claim left by a process that died is taken over.
 */
export function claim(file: string): { held: true; release: () => void } | { held: false; by: ProcessId } {
  const content = JSON.stringify(thisProcess());
  try {
    writeFileSync(file, content, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const by = claimedBy(file);
    if (by) return { held: false, by };
    writeJson(file, thisProcess());
  }
  return { held: true, release: () => rmSync(file, { force: true }) };
}

/** The content of a JSON file, or `undefined` if it is missing or was cut short by a crash. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Writes JSON for our eyes only, so that a crash leaves either the old or the new content. */
export function writeJson(file: string, value: unknown): void {
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, JSON.stringify(value, null, 2), { mode: 0o600 });
  renameSync(draft, file);
}
