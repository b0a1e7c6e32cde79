import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { TcpGate } from '../../support/tcp-gate';
import { until } from '../../support/until';
import type { Way } from './way';

export type Role = 'worker' | 'producer' | 'scheduler';

export interface SlotOptions {
  role: Role;
  name: string;
  /** Its way to the broker. */
  amqp: Way;
  /** Its way to the database, of those who have one. */
  database?: TcpGate;
  args?: object;
  env: NodeJS.ProcessEnv;
  logFile: string;
}

/** When a process was at work. */
export interface Span {
  role: Role;
  name: string;
  fromMs: number;
  toMs: number;
}

/** A process that is no more. */
export interface Exit {
  /** As run records name it. */
  process: string;
  at: number;
}

const READY_MS = 180_000;
const root = join(__dirname, '..', '..', '..');

/** One process of a campaign, and whoever takes its place when it is gone. */
export class Slot {
  readonly spans: Span[] = [];
  /** Ends that nobody asked for, by exit code or signal. */
  readonly crashes: string[] = [];
  readonly exits: Exit[] = [];
  private child: ChildProcess | undefined;
  private isReady = false;
  private since: number | undefined;
  private wanted = false;

  constructor(readonly options: SlotOptions) {}

  get name(): string {
    return this.options.name;
  }

  get runs(): boolean {
    return this.child !== undefined;
  }

  /** Resolves when it does its work; at once if it does already. */
  async start(): Promise<void> {
    this.wanted = true;
    if (!this.child) this.spawn();
    await until(`${this.name} at work`, () => this.isReady, READY_MS);
  }

  /** Sends a signal to what runs, if anything does. */
  signal(signal: NodeJS.Signals): void {
    if (signal !== 'SIGCONT') this.endSpan();
    if (signal === 'SIGKILL' || signal === 'SIGTERM') this.wanted = false;
    this.child?.kill(signal);
    if (signal === 'SIGCONT' && this.isReady) this.since = Date.now();
  }

  /** Resolves when nothing runs any more. */
  async ended(deadlineMs = 45_000): Promise<void> {
    await until(`the end of ${this.name}`, () => !this.child, deadlineMs);
  }

  private spawn(): void {
    const { role, args, env, logFile } = this.options;
    const log = openSync(logFile, 'a');
    const file = join(root, 'test', 'faults', 'entries', `${role}.ts`);
    const child = spawn(
      process.execPath,
      ['-r', join(root, 'test', 'support', 'load-typescript.cjs'), file, JSON.stringify(args ?? {})],
      { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env }, stdio: ['ignore', log, log, 'ipc'] },
    );
    closeSync(log);
    this.child = child;
    child.on('message', () => {
      this.isReady = true;
      this.since ??= Date.now();
    });
    // A message to one that has just gone.
    child.on('error', () => undefined);
    child.once('exit', (code, signal) => this.gone(code ?? signal ?? 'unknown'));
  }

  private gone(how: number | string): void {
    this.endSpan();
    this.exits.push({ process: `${this.name}-${this.child?.pid ?? 0}`, at: Date.now() });
    this.child = undefined;
    this.isReady = false;
    if (!this.wanted) return;
    // Whoever looks after processes would start it again; that it fell is told.
    this.crashes.push(`${this.name} ended by itself (${how}) at ${new Date().toISOString()}`);
    setTimeout(() => this.wanted && !this.child && this.spawn(), 1_000);
  }

  private endSpan(): void {
    const { role, name } = this.options;
    if (this.since !== undefined) this.spans.push({ role, name, fromMs: this.since, toMs: Date.now() });
    this.since = undefined;
  }
}
