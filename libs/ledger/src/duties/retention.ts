import { dropDays } from '../retention/drop-days';
import { dropOld } from '../retention/drop-old';
import { makeDays } from '../retention/make-days';
import { type Retention, type RetentionOptions, givenUpMs, resolveRetention, rowRules } from '../retention/rules';
import { trimByRule, trimOwn, trimOwnBeyond } from '../retention/trim';
import type { Database } from '../store/database';
import type { Duty } from './duty';

/**
 * Finished jobs go when they are old: whole days at once, single ones where a job, a state or a rule says less. It makes
 * the days to come. What is not finished is never touched: it is in another table.
 */
export class RetentionDuty implements Duty {
  readonly name = 'retention';
  readonly everyMs = 60_000;
  readonly alone = true;
  private readonly retention: Retention;

  constructor(
    private readonly database: Database,
    options?: RetentionOptions,
    private readonly now: () => number = Date.now,
  ) {
    this.retention = resolveRetention(options);
  }

  async run(signal: AbortSignal): Promise<'done'> {
    const { database, retention } = this;
    const now = this.now();
    await makeDays(database, now);
    await trimOwn(database, signal);
    await trimOwnBeyond(database, signal);
    for (const rule of rowRules(retention)) await trimByRule(database, rule, signal);
    await dropDays(database, 'history_completed', now - retention.ageMs.completed);
    await dropDays(database, 'history_given_up', now - givenUpMs(retention));
    await dropDays(database, 'history_own', now);
    await dropDays(database, 'logs', now - retention.logsMs);
    await dropOld(database, 'audit', 'at', now - retention.auditMs, signal);
    await dropOld(database, 'metrics', 'minute', now - retention.metricsMs, signal);
    await database.query('delete from tombstones where until < now()');
    await database.query(FORGET_WORKERS);
    await database.query(FORGET_BULK);
    return 'done';
  }
}

/** Each start of a worker has a name of its own: what has gone is of no use after some days. */
const FORGET_WORKERS = "delete from workers where gone and seen_at < now() - interval '7 days'";
const FORGET_BULK = "delete from bulk_actions where finished_at < now() - interval '30 days'";
