import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { becomes, endProcess, identify, writeJson, type ProcessId } from '@scutwork/local';
import type { AppLog } from './app-log';
import type { AppName } from './configuration';
import { StartRefused } from './refusal';
import type { Screen } from './screen';

export interface AppSpec {
  name: AppName;
  /** The file Node runs. */
  entry: string;
  port: number;
  env: NodeJS.ProcessEnv;
}

/** An app that is kept running until it is stopped. */
export interface SupervisedApp {
  readonly name: AppName;
  /** Resolves when it answers `/health/live`; rejects when it cannot be brought up. */
  readonly live: Promise<void>;
  /** SIGTERM, and by force after the deadline. A second call is harmless. */
  stop(options: { deadlineMs: number }): Promise<void>;
}

export interface SupervisionOptions {
  rootDir: string;
  dataDir: string;
  log: AppLog;
  screen: Screen;
  /** Loaded into the app before its own code. */
  preload?: string;
}

/** How often an app may end before it was live even once. */
const firstTries = 3;
/** The exit code of a process that was told nonsense (sysexits' EX_CONFIG): another try would end the same way. */
const configurationExit = 78;
const firstPauseMs = 500;
const longestPauseMs = 10_000;
/** A start that takes longer is worth a word. */
const slowAfterMs = 30_000;
/** An app that lived that long starts again at once when it crashes. */
const stableAfterMs = 30_000;

type State = { kind: 'starting' | 'live' } | { kind: 'pausing'; timer: NodeJS.Timeout } | { kind: 'stopping' };

/** Starts an app and starts it again, after a growing pause, whenever it ends by itself. */
export function superviseApp(spec: AppSpec, options: SupervisionOptions): SupervisedApp {
  const { screen, log } = options;
  const { promise: live, resolve: nowLive, reject: neverLive } = outcome();
  live.catch(() => undefined);
  let state: State = { kind: 'starting' };
  let child: ChildProcess | undefined;
  let id: ProcessId | undefined;
  let wasLive = false;
  let crashes = 0;
  let stopped: Promise<void> | undefined;

  const begin = () => {
    state = { kind: 'starting' };
    const startedAt = performance.now();
    const running = startChild(spec, options);
    child = running;
    id = noteProcess(spec, options, running);
    const slow = setTimeout(() => screen.warn(`${spec.name} is not ready yet; its log: ${log.file}`), slowAfterMs);
    running.once('exit', (code, signal) => {
      clearTimeout(slow);
      ended(code, signal, performance.now() - startedAt);
    });
    void becomesLive(spec.port, () => child === running && running.exitCode === null && state.kind === 'starting').then(
      (answered) => {
        // It may have been told to stop while it answered.
        if (!answered || child !== running || state.kind !== 'starting') return;
        clearTimeout(slow);
        state = { kind: 'live' };
        wasLive = true;
        nowLive();
      },
    );
  };

  const ended = (code: number | null, signal: NodeJS.Signals | null, livedMs: number) => {
    if (state.kind === 'stopping') return;
    crashes = livedMs > stableAfterMs ? 1 : crashes + 1;
    const how = signal ?? `exit code ${code}`;
    if (!wasLive && (code === configurationExit || crashes >= firstTries)) {
      const problem = `${spec.name} ended before it was ready (${how})`;
      neverLive(new StartRefused([{ code: 'APP_DOES_NOT_START', problem, hint: `read ${log.file}` }]));
      return;
    }
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (crashes - 1));
    screen.warn(`${spec.name} ended (${how}); it starts again in ${pauseMs / 1_000} s`);
    state = { kind: 'pausing', timer: setTimeout(begin, pauseMs) };
  };

  const stop = async (deadlineMs: number) => {
    if (state.kind === 'pausing') clearTimeout(state.timer);
    state = { kind: 'stopping' };
    neverLive(new Error(`${spec.name} was stopped before it was live`));
    if (id) await endProcess(id, { deadlineMs });
    rmSync(pidFile(options.dataDir, spec.name), { force: true });
    log.close();
  };

  begin();
  return { name: spec.name, live, stop: ({ deadlineMs }) => (stopped ??= stop(deadlineMs)) };
}

function outcome(): { promise: Promise<void>; resolve: () => void; reject: (reason: Error) => void } {
  let [resolve, reject]: [() => void, (reason: Error) => void] = [() => undefined, () => undefined];
  const promise = new Promise<void>((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

/** Where the id of an app's process is kept, for the launcher that comes after one that was killed. */
export function pidFile(dataDir: string, app: AppName): string {
  return join(dataDir, 'run', `${app}.json`);
}

function startChild(spec: AppSpec, { rootDir, log, preload }: SupervisionOptions): ChildProcess {
  const before = preload === undefined ? [] : ['--require', preload];
  const child = spawn(process.execPath, ['--enable-source-maps', ...before, spec.entry], {
    cwd: rootDir,
    env: spec.env,
    // A session of its own: Ctrl-C reaches the launcher alone, which stops things in their order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  child.on('error', (error) => log.line(`could not be started: ${error.message}`, 'stderr'));
  const { stdout, stderr } = child;
  if (stdout) createInterface({ input: stdout }).on('line', (line) => log.line(line, 'stdout'));
  if (stderr) createInterface({ input: stderr }).on('line', (line) => log.line(line, 'stderr'));
  return child;
}

/** For ourselves, and for the launcher that comes after us should we be killed. */
function noteProcess({ name }: AppSpec, { dataDir }: SupervisionOptions, child: ChildProcess): ProcessId | undefined {
  const id = child.pid === undefined ? undefined : identify(child.pid);
  mkdirSync(join(dataDir, 'run'), { recursive: true, mode: 0o700 });
  if (id) writeJson(pidFile(dataDir, name), id);
  return id;
}

/** Waits without end: a start may take long on a small machine, and whoever waits has Ctrl-C. */
function becomesLive(port: number, stillWanted: () => boolean): Promise<boolean> {
  let answered = false;
  const check = async () => {
    answered = await answersLive(port);
    return answered || !stillWanted();
  };
  return becomes(check, Number.POSITIVE_INFINITY, 100).then(() => answered);
}

async function answersLive(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
