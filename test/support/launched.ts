import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { waitUntil } from '../../libs/local/src';

/** A launcher that runs as a newcomer's would, and what it has said so far. */
export interface LaunchedProcess {
  readonly pid: number;
  output(): string;
  /** Waits until it has said this; fails with all it said when it ends or the deadline passes. */
  says(text: string | RegExp, deadlineMs?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it, once it is gone. */
  ended(deadlineMs?: number): Promise<number | NodeJS.Signals>;
}

const root = join(__dirname, '..', '..');

/** Starts the built launcher. Nothing of our environment that would bend it is passed on. */
export function startLauncher(env: Record<string, string>): LaunchedProcess {
  const { AMQP_URL: _broker, DATABASE_URL: _database, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(root, 'apps/launcher/dist/main.js')], {
    cwd: root,
    env: { ...inherited, SCUTWORK_PRIVATE_BROKER: 'only', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const said = () => stripVTControlCharacters(output);
  const matches = (text: string | RegExp) => (typeof text === 'string' ? said().includes(text) : text.test(said()));

  return {
    pid: child.pid ?? 0,
    output: said,
    says: async (text, deadlineMs = 60_000) => {
      await waitUntil(() => matches(text) || endOf(child) !== undefined, { deadlineMs, what: `"${text}"` }).catch(
        (error: unknown) => {
          throw new Error(`the launcher has only said:\n${said()}`, { cause: error });
        },
      );
      if (!matches(text)) throw new Error(`the launcher ended (${endOf(child)}) before it said "${text}":\n${said()}`);
    },
    kill: (signal) => child.kill(signal),
    ended: async (deadlineMs = 15_000) => {
      await waitUntil(() => endOf(child) !== undefined, { deadlineMs, what: 'the end of the launcher' });
      return endOf(child) ?? 0;
    },
  };
}

function endOf(child: ChildProcess): number | NodeJS.Signals | undefined {
  return child.exitCode ?? child.signalCode ?? undefined;
}
