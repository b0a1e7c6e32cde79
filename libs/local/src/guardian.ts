import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { ProcessId } from './processes';

/** Run by /bin/sh with the folder as its argument; it must survive what ends us. */
const script = `
trap '' INT HUP TERM
cat >/dev/null
kill -9 $(cat "$1/pids") 2>/dev/null
[ ! -f "$1/container" ] || docker rm --force --volumes "$(cat "$1/container")" >/dev/null 2>&1
sleep 0.2
rm -rf -- "$1"
`;

/**
 * Ends the processes named in `<dataDir>/pids` and removes the folder when this process is gone: even after SIGKILL
 * or a force-exit, when none of our own code can run any more. It notices by the end of its standard input.
 */
export function guard(dataDir: string): { dismiss(): void } {
  const child = spawn('/bin/sh', ['-c', script, 'guardian', dataDir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  });
  child.unref();
  // It is a socket underneath, which would keep this process waiting.
  (child.stdin as unknown as Socket).unref();
  return { dismiss: () => child.stdin.end() };
}

/** Notes which processes work on this folder, as soon as they are started: a guardian may be needed any moment. */
export function notePids(dataDir: string, ids: ProcessId[]): void {
  writeFileSync(join(dataDir, 'pids'), ids.map(({ pid }) => pid).join(' '));
}
