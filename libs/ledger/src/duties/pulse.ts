import type { Names, Publisher } from '@scutwork/jobs';
import { BEAT_MS, type LedgerPulse, confirmed, recordMessage } from '@scutwork/jobs/wire';
import type { Database } from '../store/database';
import type { Duty } from './duty';

export interface PulseOptions {
  database: Database;
  publisher: Publisher;
  names: Names;
  /** Of this producer. */
  producer: string;
}

/**
 * Puts a line into the ledger's own inbox every 5 s. Read back, it says: all that workers had said before it is
 * recorded. Silence is counted in these pulses and not in seconds, so that a ledger that lags behind, or a broker that
 * blocks, never counts anybody out: see `record/effects/pulse.ts`.
 */
export class Pulse implements Duty {
  readonly name = 'pulse';
  readonly everyMs = BEAT_MS;
  readonly alone = true;
  readonly afterQueues = true;
  private last = 0;

  constructor(private readonly options: PulseOptions) {}

  async run(): Promise<'done'> {
    const { now, value } = await this.standing();
    this.last = Math.max(this.last, value) + 1;
    await this.publish(this.last, now);
    return 'done';
  }

  /** One between two pulses, that counts for nobody's silence: tells how far the inbox is read. Returns its time. */
  async sound(): Promise<number> {
    const { now } = await this.standing();
    await this.publish(0, now);
    return now;
  }

  private async standing(): Promise<{ now: number; value: number }> {
    const [row] = await this.options.database.query<{ now: number; value: string }>(
      `select extract(epoch from clock_timestamp())::float8 * 1000 as now, value from heads where name = 'pulse'`,
    );
    return { now: Math.round(row?.now ?? 0), value: Number(row?.value ?? 0) };
  }

  private async publish(number: number, at: number): Promise<void> {
    const { publisher, names, producer } = this.options;
    const pulse: LedgerPulse = { event: 'ledger.pulse', producer, number, at };
    await confirmed(publisher, recordMessage(names, [JSON.stringify(pulse)]), 'the pulse was not confirmed');
  }
}
