import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Who listens on a port of this machine, as far as we may know: another user's process is hidden from us. */
export function whoListens(port: number): { pid: number; command: string } | undefined {
  return process.platform === 'linux' ? fromProc(port) : fromLsof(port);
}

function fromProc(port: number): { pid: number; command: string } | undefined {
  const inodes = new Set(['tcp', 'tcp6'].flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return undefined;
  const pid = readdirSync('/proc')
    .map(Number)
    .find((candidate) => candidate > 0 && holdsOneOf(candidate, inodes));
  if (pid === undefined) return undefined;
  const command = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '');
  return { pid, command: command.replaceAll('\u0000', ' ').trim() };
}

/** Rows of /proc/net/tcp: the second column is address:port in hex, the fourth the state (0A: listening). */
function listeningInodes(table: string, port: number): string[] {
  const rows = attempt(() => readFileSync(`/proc/net/${table}`, 'utf8'), '')
    .split('\n')
    .slice(1);
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(`:${wanted}`) && columns[3] === '0A')
    .map((columns) => columns[9] ?? '');
}

function holdsOneOf(pid: number, inodes: Set<string>): boolean {
  const folder = `/proc/${pid}/fd`;
  return attempt(() => readdirSync(folder), []).some((fd) => {
    const target = attempt(() => readlinkSync(`${folder}/${fd}`), '');
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    return inode !== undefined && inodes.has(inode);
  });
}

function fromLsof(port: number): { pid: number; command: string } | undefined {
  const answer = attempt(
    () => execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], { encoding: 'utf8' }),
    '',
  );
  const [pid, command] = [/^p(\d+)$/m.exec(answer)?.[1], /^c(.+)$/m.exec(answer)?.[1]];
  return pid === undefined ? undefined : { pid: Number(pid), command: command ?? '' };
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
