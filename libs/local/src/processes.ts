import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalError } from './local-error';

/** A process by its id and the moment it began: an id alone may belong to a stranger by the time it is used. */
export interface ProcessId {
  pid: number;
  startTime: string;
}

/** The running process with this id, or `undefined` if there is none (a zombie counts as none). */
export function identify(pid: number): ProcessId | undefined {
  const startTime = process.platform === 'linux' ? startTimeFromProc(pid) : startTimeFromPs(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

export function isAlive(id: ProcessId): boolean {
  return identify(id.pid)?.startTime === id.startTime;
}

export function thisProcess(): ProcessId {
  const self = identify(process.pid);
  if (!self) throw new Error(`this process (${process.pid}) is not in the process table`);
  return self;
}

/** Sends a signal if the process still lives; a process that is gone already is no error. */
function signalProcess(id: ProcessId, signal: NodeJS.Signals): void {
  if (!isAlive(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Asks the process to end (`SIGTERM` unless told otherwise), and ends it by force when `deadlineMs` have passed. */
export async function endProcess(
  id: ProcessId,
  { deadlineMs, signal = 'SIGTERM' }: { deadlineMs: number; signal?: NodeJS.Signals },
): Promise<void> {
  signalProcess(id, signal);
  if (await becomes(() => !isAlive(id), deadlineMs)) return;
  signalProcess(id, 'SIGKILL');
  await waitUntil(() => !isAlive(id), { deadlineMs: 5_000, what: `the end of process ${id.pid} after SIGKILL` });
}

export interface DetachedOptions {
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Both output streams are appended to this file. */
  logFile: string;
  uid?: number;
  gid?: number;
}

/**
 * Starts a process in a session of its own, so that Ctrl-C in the terminal reaches only us and we decide the order in
 * which things stop. It outlives us if we are killed; whoever starts next finds it by its pid file.
 */
export function startDetached(command: string, args: string[], options: DetachedOptions): ProcessId {
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    const { logFile: _logFile, ...spawnOptions } = options;
    const child = spawn(command, args, { ...spawnOptions, detached: true, stdio: ['ignore', log, log] });
    // The error also shows as a missing pid below; without a listener it would end this process.
    child.on('error', () => undefined);
    child.unref();
    const id = child.pid === undefined ? undefined : identify(child.pid);
    // A process that ended at once has no start time any more; no living process matches the empty one.
    return id ?? { pid: child.pid ?? -1, startTime: '' };
  } finally {
    closeSync(log);
  }
}

/** Waits for a condition; rejects with `DEADLINE_PASSED`, naming `what`, when it does not come true in time. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { deadlineMs, what, everyMs = 20 }: { deadlineMs: number; what: string; everyMs?: number },
): Promise<void> {
  if (await becomes(condition, deadlineMs, everyMs)) return;
  throw new LocalError('DEADLINE_PASSED', `waited ${deadlineMs} ms in vain for ${what}`, 'look into the log files');
}

/** Whether the condition comes true within `deadlineMs`. */
export async function becomes(
  condition: () => boolean | Promise<boolean>,
  deadlineMs: number,
  everyMs = 20,
): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() >= end) return false;
    await sleep(everyMs);
  }
  return true;
}

function startTimeFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in brackets may itself hold blanks and brackets; what follows the last one is regular.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, threads, startTime] = [fields[0], Number(fields[17]), fields[19]];
    // A zombie whose other threads have not ended yet still holds its ports and files.
    const isOver = state === 'X' || (state === 'Z' && threads <= 1);
    return isOver ? undefined : startTime;
  } catch {
    return undefined;
  }
}

function startTimeFromPs(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
  } catch {
    return undefined;
  }
}
