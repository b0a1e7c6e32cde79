import type { Broker } from '@scutwork/jobs';
import type { Database, LedgerApi, Scheduling } from '@scutwork/ledger';
import type { HealthIndicatorResult } from '@nestjs/terminus';
import { inTime } from './in-time';

/** Jobs that wait in one queue; more are worth a word. */
const MANY_WAITING = 1_000;

/** Health of what the ledger stands on, for `@nestjs/terminus`. */
export class LedgerHealth {
  constructor(
    private readonly database: Database,
    private readonly broker: Broker,
    private readonly inbox: string,
    private readonly reading: Pick<LedgerApi, 'queues'> & Pick<Scheduling, 'scheduleHealth'>,
  ) {}

  /** Down while the database does not answer. */
  async ledger(): Promise<HealthIndicatorResult> {
    const startedAt = performance.now();
    const answered = await inTime(this.database.query('select 1'));
    if (!answered) return { ledger: { status: 'down', reason: 'its database does not answer' } };
    return { ledger: { status: 'up', databaseMs: Math.round(performance.now() - startedAt) } };
  }

  /** Who ticks, when each ticked last, and what is late. The ledger ticks by itself where nobody does: it is never down. */
  async schedules(): Promise<HealthIndicatorResult> {
    let health: object = { state: 'unknown' };
    await inTime(this.reading.scheduleHealth().then((found) => (health = found)));
    return { schedules: { status: 'up', ...health } };
  }

  /** How many messages with facts wait to be recorded. Jobs wait for none of them: it is never down. */
  async inboxBacklog(): Promise<HealthIndicatorResult> {
    const state = this.broker.state.name;
    if (state !== 'connected' && state !== 'blocked') return { inbox: { status: 'up', waiting: 'unknown' } };
    let waiting: number | 'unknown' = 'unknown';
    const asked = this.broker.depth(this.inbox).then((depth) => (waiting = depth?.messages ?? 0));
    await inTime(asked);
    return { inbox: { status: 'up', waiting } };
  }

  /** Queues in which many jobs wait. That is no fault of this app, which goes on: it is never down. */
  async queues(): Promise<HealthIndicatorResult> {
    let full: Record<string, number> | 'unknown' = 'unknown';
    const asked = this.reading.queues().then((queues) => {
      const many = queues.filter(({ waiting }) => waiting > MANY_WAITING);
      full = Object.fromEntries(many.map(({ name, waiting }) => [name, waiting]));
    });
    await inTime(asked);
    return { queues: { status: 'up', limit: MANY_WAITING, over: full } };
  }
}
