import { FINAL_STATES } from '@scutwork/jobs';
import { isFinalState } from '@scutwork/jobs/wire';
import { auditAction } from '../access/audit-log';
import type { Actor, Steering } from '../api';
import { lockRows } from '../record/lock-rows';
import { idOf, notFound } from '../query/find-job';
import type { Database } from '../store/database';
import { LedgerError } from '../store/ledger-error';
import { FINISHED, type Finished, removeBatches, removeRows } from './remove-rows';
import { findOlder } from './trim';

const DEFAULT_LIMIT = 10_000;

/** Removes finished jobs on somebody's word. Unfinished ones are never removed: cancel them first. */
export class Removal implements Pick<Steering, 'remove' | 'clean'> {
  constructor(private readonly database: Database) {}

  async remove(given: string, actor: Actor): Promise<void> {
    const id = idOf(given);
    await this.database.transaction(async (tx) => {
      await lockRows(tx);
      const { rows } = await tx.query<Finished>(`select ${FINISHED} from history t where t.id = $1`, [id]);
      if (rows.length === 0) {
        const open = await tx.query('select 1 from jobs where id = $1', [id]);
        throw open.rows.length === 0 ? notFound(given) : notFinished(given);
      }
      await removeRows(tx, rows);
      await auditAction(tx, actor, 'jobs.remove', [id]);
    });
  }

  async clean(queue: string, what: Parameters<Steering['clean']>[1], actor: Actor): Promise<{ removed: number }> {
    const { state, graceMs, limit = DEFAULT_LIMIT } = what;
    if (!isFinalState(state)) throw invalid('state', `Only finished jobs are removed: ${FINAL_STATES.join(', ')}.`);
    if (!(graceMs >= 0)) throw invalid('graceMs', 'Milliseconds of 0 or more.');
    if (!Number.isInteger(limit) || limit < 1) throw invalid('limit', 'A whole number of 1 or more.');
    const [known] = await this.database.query('select 1 from counts where queue = $1 limit 1', [queue]);
    if (!known) throw noQueue(queue);
    const find = (tx: Parameters<typeof findOlder>[0], most: number): Promise<Finished[]> =>
      findOlder(tx, { queue, state }, graceMs, most, 'true');
    const removed = await removeBatches(this.database, find, { most: limit });
    await auditAction(this.database.pool, actor, 'queues.clean', [queue], { state, graceMs, limit, removed });
    return { removed };
  }
}

function notFinished(given: string): LedgerError {
  return new LedgerError('job_not_finished', `The job ${JSON.stringify(given.slice(0, 200))} is not finished.`, {
    hint: 'Cancel it, then remove it.',
  });
}

function noQueue(queue: string): LedgerError {
  return new LedgerError('queue_not_found', `There is no job of a queue ${JSON.stringify(queue.slice(0, 200))}.`, {
    field: 'queue',
    hint: 'GET /api/v1/queues lists those that there are.',
  });
}

function invalid(field: string, hint: string): LedgerError {
  return new LedgerError('filter_invalid', `\`${field}\` cannot be used.`, { field, hint });
}
