import type { Broker } from '@scutwork/jobs';
import { isUp } from '@scutwork/jobs/wire';
import type { Database, LedgerApi, Scheduling } from '@scutwork/ledger';
import type { HealthIndicatorResult } from '@nestjs/terminus';
import { inTime } from './in-time';

/** Jobs that wait in one queue; more are worth a word. */
const MANY_WAITING = 1_000;
/** What is found is told so long to whoever asks: probes and balancers ask often, and the numbers cost a query of sums. */
const REMEMBERED_MS = 2_000;

/** Health of what the ledger stands on, for `@nestjs/terminus`. */
export class LedgerHealth {
  constructor(
    private readonly database: Database,
    private readonly broker: Broker,
    private readonly inbox: string,
    private readonly reading: Pick<LedgerApi, 'queues'> & Pick<Scheduling, 'scheduleHealth'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Down while the database does not answer. */
  async ledger(): Promise<HealthIndicatorResult> {
    const startedAt = performance.now();
    const answered = await inTime(this.database.query('select 1'));
    if (!answered) return { ledger: { status: 'down', reason: 'its database does not answer' } };
    return { ledger: { status: 'up', databaseMs: Math.round(performance.now() - startedAt) } };
  }

  /** Who ticks, when each ticked last, and what is late. The ledger ticks by itself where nobody does: it is never down. */
  readonly schedules = this.remembered(() => this.readSchedules());
  /** How many messages with facts wait to be recorded. Jobs wait for none of them: it is never down. */
  readonly inboxBacklog = this.remembered(() => this.readInbox());
  /** Queues in which many jobs wait. That is no fault of this app, which goes on: it is never down. */
  readonly queues = this.remembered(() => this.readQueues());

  private async readSchedules(): Promise<HealthIndicatorResult> {
    let health: object = { state: 'unknown' };
    await inTime(this.reading.scheduleHealth().then((found) => (health = found)));
    return { schedules: { status: 'up', ...health } };
  }

  private async readInbox(): Promise<HealthIndicatorResult> {
    if (!isUp(this.broker.state)) return { inbox: { status: 'up', waiting: 'unknown' } };
    let waiting: number | 'unknown' = 'unknown';
    const asked = this.broker.depth(this.inbox).then((depth) => (waiting = depth?.messages ?? 0));
    await inTime(asked);
    return { inbox: { status: 'up', waiting } };
  }

  private async readQueues(): Promise<HealthIndicatorResult> {
    let full: Record<string, number> | 'unknown' = 'unknown';
    const asked = this.reading.queues().then((queues) => {
      const many = queues.filter(({ waiting }) => waiting > MANY_WAITING);
      full = Object.fromEntries(many.map(({ name, waiting }) => [name, waiting]));
    });
    await inTime(asked);
    return { queues: { status: 'up', limit: MANY_WAITING, over: full } };
  }

  /** Those who ask at the same time, and shortly after, are told the same. */
  private remembered(read: () => Promise<HealthIndicatorResult>): () => Promise<HealthIndicatorResult> {
    let found: Promise<HealthIndicatorResult> | undefined;
    let readAt = 0;
    return () => {
      if (found === undefined || this.now() - readAt >= REMEMBERED_MS) {
        found = read();
        readAt = this.now();
      }
      return found;
    };
  }
}
