import type { BulkAction } from '../api';
import type { BulkRow } from '../control/bulk-actions';
import { cancel } from '../control/cancel';
import type { Decide } from '../control/decision';
import { dueAtOf } from '../control/due-at';
import { findMatching } from '../control/matching';
import { promote, reschedule, setPriority } from '../control/move';
import { retry } from '../control/retry';
import { type Verdicts, steer } from '../control/steer';
import { reasonOf } from '@scutwork/jobs/wire';
import type { CheckPayload, CheckedPayload } from '../control/check-payload';
import type { Place } from '../query/cursor';
import type { Recorder } from '../record/recorder';
import { noSecrets, type Secrets } from '../record/secrets';
import type { Database, Transaction } from '../store/database';
import { isDatabaseAway } from '../store/database';
import { LedgerError } from '../store/ledger-error';
import type { Duty } from './duty';

/** Workers hold every revocation in memory: single ones of bulk actions wait until earlier ones are lifted. */
const MOST_REVOCATIONS = 100_000;

export interface BulkOptions {
  database: Database;
  recorder: Recorder;
  secrets?: Secrets;
  /** Removes finished jobs for good. */
  remove: (tx: Transaction, ids: readonly string[]) => Promise<Verdicts>;
  /** The payload of an edited redrive, checked as for one job of this type. */
  checkPayload: CheckPayload;
  /** Jobs in one step. Default 200. */
  step?: number;
  /** Something is to be published: wakes the duties `control` and `relay`. */
  onChange?: () => void;
}

/**
 * Carries actions on many jobs out, some hundred at a time. Each step is one transaction with its cursor, so the action
 * goes on where it stopped, here or at another producer. A job that refuses is counted and passed by.
 */
export class Bulk implements Duty {
  readonly name = 'bulk';
  readonly everyMs = 500;
  readonly alone = true;

  constructor(private readonly options: BulkOptions) {}

  async run(): Promise<'more' | 'done'> {
    const [row] = await this.options.database.query<BulkRow>(NEXT, [MOST_REVOCATIONS]);
    if (!row) return 'done';
    try {
      await this.options.database.transaction((tx) => this.step(tx, row));
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      await this.options.database.query(FAIL, [row.id, reasonOf(error)]);
    }
    this.options.onChange?.();
    return 'more';
  }

  private async step(tx: Transaction, row: BulkRow): Promise<void> {
    const { secrets = noSecrets, step: most = 200 } = this.options;
    const after = row.cursor === null ? undefined : (JSON.parse(row.cursor) as Place);
    const where = { filter: row.filter, spareRunning: row.args.spareRunning, table: TABLES[row.action], after, most };
    const { ids, type, next } = await findMatching(tx, where, secrets);
    const verdicts = ids.length === 0 ? new Map<string, undefined>() : await this.act(tx, row, ids, type);
    const refusals = [...verdicts.values()].filter((refusal) => refusal !== undefined);
    const cursor = next === undefined ? null : JSON.stringify(next);
    await tx.query(ADVANCE, [row.id, cursor, ids.length, refusals.length, refusals[0]?.message]);
  }

  private async act(tx: Transaction, row: BulkRow, ids: string[], type: string | undefined): Promise<Verdicts> {
    if (row.action === 'remove' || row.action === 'discard') return this.options.remove(tx, ids);
    return steer(tx, this.options.recorder, ids, decideOf(row, await this.payloadOf(row, type)));
  }

  /** One payload is for jobs of one type. */
  private async payloadOf({ args, filter }: BulkRow, type: string | undefined): Promise<CheckedPayload | undefined> {
    if (args.payload === undefined || type === undefined) return undefined;
    if (filter.type === undefined)
      throw new LedgerError('filter_invalid', 'One payload is for jobs of one type: name the type in the filter');
    return this.options.checkPayload(type, args.payload);
  }
}

/** Where jobs are that an action can do anything to. */
const TABLES = {
  cancel: 'jobs',
  promote: 'jobs',
  priority: 'jobs',
  reschedule: 'jobs',
  retry: 'history',
  redrive: 'history',
  remove: 'history',
  discard: 'history',
} as const satisfies Record<BulkAction, string>;

function decideOf({ action, args }: BulkRow, edited: CheckedPayload | undefined): Decide {
  switch (action) {
    case 'cancel':
      return cancel;
    case 'promote':
      return promote;
    case 'priority':
      return setPriority(args.priority ?? 'normal');
    case 'reschedule':
      return reschedule(dueAtOf(args.to ?? { delay: 0 }));
    case 'retry':
    case 'redrive':
      return retry(edited);
    case 'remove':
    case 'discard':
      throw new TypeError(`${action} is no decision about a job that goes on`);
  }
}

const NEXT = `
select * from bulk_actions
where state = 'running' and (action <> 'cancel' or (select count(*) from control where key like 'revoke:%') < $1)
order by created_at limit 1`;

const ADVANCE = `
update bulk_actions set cursor = $2, matched = matched + $3, failed = failed + $4, done = done + $3 - $4,
  error = coalesce(error, $5), state = case when $2::text is null then 'done' else 'running' end,
  finished_at = case when $2::text is null then now() end
where id = $1`;

const FAIL = `update bulk_actions set state = 'failed', error = $2, finished_at = now() where id = $1`;
