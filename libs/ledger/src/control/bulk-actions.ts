import { type Priority, newJobId, queueOf } from '@scutwork/jobs';
import type { ControlEntry } from '@scutwork/jobs/wire';
import type { Actor, BulkAction, BulkView, JobFilter } from '../api';
import { resolveFilter } from '../query/wanted';
import type { Database, Transaction } from '../store/database';
import { isUuid } from '../store/is-uuid';
import { LedgerError } from '../store/ledger-error';
import { auditAction } from '../access/audit-log';
import { changeControl, controlKey } from './control-store';
import { type PutOff, dueAtOf } from './due-at';

/** What an action needs besides the jobs. */
interface BulkArgs {
  payload?: unknown;
  priority?: Priority;
  to?: PutOff;
  /** Jobs whose handler runs are passed by, uncounted. */
  spareRunning?: boolean;
}

/** A step of the duty reads the rest from here. */
export interface BulkRow {
  id: string;
  action: BulkAction;
  filter: JobFilter;
  args: BulkArgs;
  state: BulkView['state'];
  cursor: string | null;
  matched: string;
  done: string;
  failed: string;
  error: string | null;
  created_by: string;
  created_at: Date;
  finished_at: Date | null;
}

/** Actions on many jobs: begun here, carried out in steps by `duties/bulk.ts`. */
export class BulkActions {
  constructor(private readonly database: Database) {}

  /** It acts on what matches now, not on jobs that are added later. A cancel of a whole queue is one revocation. */
  begin(...begun: Begun): Promise<BulkView> {
    return this.database.transaction((tx) => beginBulk(tx, ...begun));
  }

  /** @throws LedgerError `bulk_not_found` */
  async view(id: string): Promise<BulkView> {
    const rows = isUuid(id) ? await this.database.query<BulkRow>('select * from bulk_actions where id = $1', [id]) : [];
    return viewOf(rows[0], id);
  }
}

type Begun = [action: BulkAction, filter: JobFilter, actor: Actor, args: BulkArgs];

/** In a transaction of the caller's: what it is a part of and the action are there both, or neither. */
export async function beginBulk(tx: Transaction, ...[action, filter, actor, args]: Begun): Promise<BulkView> {
  if (action === 'priority' && args.priority === undefined)
    throw new LedgerError('filter_invalid', 'The action "priority" needs a priority', { field: 'args.priority' });
  if (action === 'reschedule') checkTo(args.to);
  const id = newJobId();
  const wanted = filterOf(action, filter);
  const given = [id, action, JSON.stringify(wanted), JSON.stringify(args), actor.name];
  const { rows } = await tx.query<BulkRow>(INSERT, given);
  const entry = action === 'cancel' ? wholeQueue(filter, rows[0]?.created_at.getTime() ?? 0) : undefined;
  if (entry) {
    const key = controlKey.revokeAll(id);
    const { rows: due } = await tx.query<{ passable_at: number }>(LONGEST_WAIT, [entry.queue]);
    await changeControl(tx, { set: [{ key, entry, queue: entry.queue, passableAt: due[0]?.passable_at }] });
  }
  await auditAction(tx, actor, `jobs.bulk.${action}`, [id], { filter: { ...filter, payload: undefined } });
  return viewOf(rows[0], id);
}

function checkTo(to: PutOff | undefined): void {
  if (to !== undefined) return void dueAtOf(to);
  throw new LedgerError('filter_invalid', 'The action "reschedule" needs a time', { field: 'args.to' });
}

const INSERT = `
insert into bulk_actions (id, action, filter, args, state, created_by)
values ($1, $2, $3::jsonb || jsonb_build_object('to', coalesce($3::jsonb->>'to', to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))), $4, 'running', $5)
returning *`;

/** When the last of a queue's jobs that are in the ladder now is out of it, hops and rounding included. */
const LONGEST_WAIT = `
select extract(epoch from greatest(now(), max(state_at + (due_at - state_at) * 1.25 + interval '1 minute')))::float8 * 1000 as passable_at
from jobs where queue = $1 and due_at > now() and not in_ledger`;

/** Dead letters are dead jobs. What cannot be matched is refused before anything is begun. */
function filterOf(action: BulkAction, filter: JobFilter): JobFilter {
  const wanted = action === 'redrive' || action === 'discard' ? { ...filter, state: filter.state ?? 'dead' } : filter;
  resolveFilter(wanted);
  if ((action === 'redrive' || action === 'discard') && wanted.state !== 'dead' && wanted.state !== 'failed') {
    throw new LedgerError('filter_invalid', `The action "${action}" is for dead letters`, { field: 'filter.state' });
  }
  return wanted;
}

/** The revocation that stops all that a filter matches, where one can say it. */
function wholeQueue(filter: JobFilter, before: number): Extract<ControlEntry, { kind: 'revoke-all' }> | undefined {
  const { queue, type, priority, ...rest } = filter;
  if (Object.keys(rest).length > 0) return undefined;
  const named = queue ?? (type === undefined ? undefined : queueOf(type));
  if (named === undefined || (type !== undefined && queueOf(type) !== named)) return undefined;
  return { kind: 'revoke-all', queue: named, type, priority, before };
}

function viewOf(row: BulkRow | undefined, id: string): BulkView {
  if (!row)
    throw new LedgerError('bulk_not_found', `There is no bulk action ${JSON.stringify(id.slice(0, 100))}`, {
      hint: 'Use the id that the action was begun with.',
    });
  return {
    id: row.id,
    action: row.action,
    state: row.state,
    matched: Number(row.matched),
    done: Number(row.done),
    failed: Number(row.failed),
    error: row.error ?? undefined,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString(),
  };
}
