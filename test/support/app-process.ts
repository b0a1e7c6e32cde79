import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../libs/local/src';

/** A built app as a process of its own, as people start it. */
export interface AppProcess {
  port: number;
  /** What it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when the condition holds. */
  until(what: string, holds: () => boolean | Promise<boolean>): Promise<void>;
  get(path: string): Promise<Response>;
  kill(signal: NodeJS.Signals): void;
  /** The exit code; null when a signal ended it. */
  ended: Promise<number | null>;
}

const DEADLINE_MS = 40_000;

/** Ends with the test's own process; end it yourself all the same. `root` is another built repository than this. */
export async function runApp(
  name: 'producer' | 'workers' | 'scheduler',
  env: NodeJS.ProcessEnv,
  root = join(__dirname, '..', '..'),
): Promise<AppProcess> {
  const main = join(root, 'apps', name, 'dist', 'main.js');
  if (!existsSync(main)) throw new Error(`${main} is missing: build first (npm run build)`);
  const [free = 0] = await freePorts(1);
  const port = Number(env.PORT ?? free);
  const child: ChildProcess = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  let running = true;
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      running = false;
      process.off('exit', endWithUs);
      resolve(code);
    });
  });
  return {
    port,
    ended,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    kill: (signal) => void child.kill(signal),
    get: (path) => fetch(`http://127.0.0.1:${port}${path}`),
    async until(what, holds) {
      for (const deadline = Date.now() + DEADLINE_MS; !(await holds());) {
        if (!running) throw new Error(`${name} ended before ${what}:\n${stdout}\n${stderr}`);
        if (Date.now() > deadline) throw new Error(`${name}: ${what} did not come:\n${stdout}\n${stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

/** Whether it answers 200 there. */
export async function answersOk(app: AppProcess, path: string): Promise<boolean> {
  try {
    const response = await app.get(path);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
