import { setTimeout as sleep } from 'node:timers/promises';
import type { SubmittedJob } from '../api';
import { LedgerError } from '../store/ledger-error';
import type { PreparedEntry } from './prepare';

export type Call = readonly PreparedEntry[];
/** Records calls in one transaction. What it throws, it throws for all: nothing is recorded then. */
export type RecordCalls = (calls: readonly Call[]) => Promise<(SubmittedJob[] | LedgerError)[]>;

interface Waiting {
  call: Call;
  resolve: (jobs: SubmittedJob[]) => void;
  reject: (error: unknown) => void;
}

/** Most jobs of one transaction, but for one call that has more. */
const MOST_JOBS = 1_000;

/** At the same time, while there is enough for each. */
const MOST_TRANSACTIONS = 2;

/** So many calls in one transaction are a sign of load. */
const BUSY_CALLS = 5;

/** What a transaction costs besides its jobs, shared by those that come within this time under load, in milliseconds. */
const GATHER_MS = 4;

/**
 * Calls that come while a transaction is under way share the next one: the more come, the more share, and none waits
 * when there are no others. When they fail together for the data of one, they are halved until that one fails alone.
 */
export class Gathering {
  private waiting: Waiting[] = [];
  private waitingJobs = 0;
  private underWay = 0;

  constructor(private readonly record: RecordCalls) {}

  add(call: Call): Promise<SubmittedJob[]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ call, resolve, reject });
      this.waitingJobs += call.length;
      if (!this.mayBegin()) return;
      this.underWay++;
      // What arrives in one turn of the event loop goes together.
      setImmediate(() => void this.writeAll());
    });
  }

  private mayBegin(): boolean {
    return this.underWay === 0 || (this.underWay < MOST_TRANSACTIONS && this.waitingJobs >= MOST_JOBS);
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.take();
      await this.write(batch);
      if (batch.length >= BUSY_CALLS && this.waitingJobs < MOST_JOBS) await sleep(GATHER_MS);
    }
    this.underWay--;
  }

  private take(): Waiting[] {
    let jobs = 0;
    let calls = 0;
    for (const { call } of this.waiting) {
      jobs += call.length;
      if (calls > 0 && jobs > MOST_JOBS) break;
      calls++;
    }
    const taken = this.waiting.splice(0, calls);
    for (const { call } of taken) this.waitingJobs -= call.length;
    return taken;
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.record(batch.map(({ call }) => call));
      for (const [i, { resolve, reject }] of batch.entries()) {
        const answer = answers[i];
        if (answer instanceof LedgerError) reject(answer);
        else resolve(answer ?? []);
      }
    } catch (error) {
      if (error instanceof LedgerError || batch.length === 1) return batch.forEach(({ reject }) => reject(error));
      const half = Math.ceil(batch.length / 2);
      await this.write(batch.slice(0, half));
      await this.write(batch.slice(half));
    }
  }
}
