import { createWriteStream, existsSync, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Screen } from './screen';

const rollOverAtBytes = 20 * 1024 * 1024;
const repeatAfterMs = 30_000;

/** Where the lines of one app go: all into its file, warnings and errors also to the screen. */
export interface AppLog {
  file: string;
  line(text: string, from: 'stdout' | 'stderr'): void;
  close(): void;
}

export function openAppLog(dataDir: string, app: string, screen: Screen, now: () => number = Date.now): AppLog {
  mkdirSync(join(dataDir, 'logs'), { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'logs', `${app}.log`);
  let size = existsSync(file) ? statSync(file).size : 0;
  let stream = open(file);
  const shownAt = new Map<string, number>();

  const show = (text: string) => {
    const last = shownAt.get(text);
    // A broker that is away makes each app repeat itself; the file has it all.
    if (last !== undefined && now() - last < repeatAfterMs) return;
    if (shownAt.size > 200) shownAt.clear();
    shownAt.set(text, now());
    screen.warn(`${app.padEnd(9)} ${text}`);
  };

  return {
    file,
    line: (text, from) => {
      stream.write(`${text}\n`);
      size += text.length + 1;
      if (size > rollOverAtBytes) {
        stream.end();
        renameSync(file, `${file}.1`);
        stream = open(file);
        size = 0;
      }
      const worthShowing = forScreen(text, from);
      if (worthShowing !== undefined) show(worthShowing);
    },
    close: () => stream.end(),
  };
}

/** The text for the screen, or `undefined` if the file is enough. */
export function forScreen(text: string, from: 'stdout' | 'stderr'): string | undefined {
  const entry = parse(text);
  if (!entry) return from === 'stderr' && text.trim() !== '' ? text : undefined;
  if (entry.level < 40) return undefined;
  const word = entry.level >= 50 ? 'error' : 'warn ';
  const { msg, err } = entry;
  const cause = err?.message === msg ? undefined : err?.message;
  const hint = entry.hint ?? err?.hint;
  return [word, msg, cause, hint && `(${hint})`].filter(Boolean).join(' ');
}

interface Entry {
  level: number;
  msg?: string;
  hint?: string;
  err?: { message?: string; hint?: string };
}

/** A line of pino's. */
function parse(text: string): Entry | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(text) as Partial<Entry>;
    return typeof entry.level === 'number' ? (entry as Entry) : undefined;
  } catch {
    return undefined;
  }
}

function open(file: string): WriteStream {
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
  // A full disk must not end the launcher.
  stream.on('error', () => undefined);
  return stream;
}
