import type { JobEvent, RecordedEvent } from '@scutwork/jobs/wire';
import type { Database, Transaction } from '../store/database';
import { statement } from '../store/database';
import { type Change, type Effect } from './change';
import { fromColumns, toColumns } from './columns';
import { type NewRow, copyRows } from './copy-rows';
import { findFinished } from './find-finished';
import { findRemoved } from './find-removed';
import type { JobRow } from './job-row';
import { isFinished, merge } from './merge';
import { lockRows } from './lock-rows';
import { logLines } from './log-lines';
import { type PreparedFacts, newRow, prepareFacts } from './prepare-facts';
import { noSecrets, type Secrets } from './secrets';

const FIND_JOBS = statement('find-jobs');
const PUT_JOBS = statement('put-jobs');
const PUT_LOGS = statement('put-logs');

interface Known {
  row: JobRow;
  /** As it was found, to see what has changed; undefined for a new one. */
  before: JobRow | undefined;
}

/**
 * Turns facts into rows: a batch is one transaction. Recording the same again changes nothing; what depends on a change
 * (counts, released keys, the live feed) hangs on rows that really changed, in the same transaction.
 */
export class Recorder {
  constructor(
    private readonly database: Database,
    private readonly effects: readonly Effect[],
    private readonly secrets: Secrets = noSecrets,
  ) {}

  /** @throws what PostgreSQL throws; then nothing of the batch is recorded */
  async record(facts: readonly RecordedEvent[]): Promise<void> {
    await this.recordPrepared(await this.prepare(facts));
  }

  /** The same within a transaction of the caller's. */
  async recordIn(tx: Transaction, facts: readonly RecordedEvent[]): Promise<Change[]> {
    return this.recordWithin(tx, await this.prepare(facts));
  }

  /** All that can be done with a batch while the database is busy with the one before. @throws RangeError for what is no time */
  prepare(facts: readonly RecordedEvent[]): Promise<PreparedFacts> {
    return prepareFacts(facts, this.secrets);
  }

  /** {@link record} in two steps. */
  async recordPrepared(prepared: PreparedFacts): Promise<void> {
    if (prepared.facts.length > 0) await this.database.transaction((tx) => this.recordWithin(tx, prepared));
  }

  private async recordWithin(tx: Transaction, { facts, ofJobs, fresh }: PreparedFacts): Promise<Change[]> {
    await lockRows(tx);
    const known = await find(tx, [...fresh.keys()], ofJobs);
    const removed = await findRemoved(tx, ofJobs, (id) => known.has(id));
    for (const fact of ofJobs) {
      const found = known.get(fact.id);
      if (found) found.row = merge(found.row, fact);
    }
    for (const [id, { job }] of fresh) {
      if (!known.has(id) && !removed.has(id)) known.set(id, { row: job, before: undefined });
    }
    const changes = await this.writeChanged(tx, known, fresh);
    await putLogs(tx, ofJobs, removed);
    for (const effect of this.effects) await effect(tx, changes, facts);
    return changes;
  }

  /**
   * Changes rows by a decision of the ledger itself. `edit` gets each of the jobs, undefined for one that is not known,
   * and returns it changed; undefined leaves it. What depends on a change follows as it does from facts.
   */
  async revise(
    tx: Transaction,
    ids: readonly string[],
    edit: (row: JobRow | undefined, id: string) => JobRow | undefined,
  ): Promise<Change[]> {
    await lockRows(tx);
    const known = await find(tx, ids);
    for (const id of ids) {
      const found = known.get(id);
      const row = edit(found && structuredClone(found.row), id);
      if (row) known.set(id, { row, before: found?.before });
    }
    const changes = await this.writeChanged(tx, known);
    for (const effect of this.effects) await effect(tx, changes, []);
    return changes;
  }

  private async writeChanged(
    tx: Transaction,
    known: ReadonlyMap<string, Known>,
    fresh: PreparedFacts['fresh'] = new Map(),
  ): Promise<Change[]> {
    const changes = [...known.values()].filter(hasChanged).map(({ row, before }) => ({ before, after: row }));
    await write(tx, changes, fresh, this.secrets);
    return changes;
  }
}

async function find(
  tx: Transaction,
  ids: readonly string[],
  facts: readonly JobEvent[] = [],
): Promise<Map<string, Known>> {
  const known = new Map<string, Known>();
  if (ids.length === 0) return known;
  for (const row of (await tx.query(FIND_JOBS, [ids])).rows) remember(known, row as Record<string, unknown>);
  const absent = ids.filter((id) => !known.has(id));
  for (const row of await findFinished(tx, absent, facts)) remember(known, row);
  return known;
}

function remember(known: Map<string, Known>, columns: Record<string, unknown>): void {
  const row = fromColumns(columns);
  // Of what a row has, merging changes nothing from within but its runs.
  known.set(row.id, { row, before: { ...row, runs: row.runs.map((run) => ({ ...run })) } });
}

function hasChanged({ row, before }: Known): boolean {
  return before === undefined || differs(row, before);
}

/** Member by member: to make JSON of both costs more than all else that is done to a row. */
function differs(row: JobRow, before: JobRow): boolean {
  const names = Object.keys(row) as (keyof JobRow)[];
  return names.some((name) => !isSame(row[name], before[name]));
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
}

async function write(
  tx: Transaction,
  changes: readonly Change[],
  fresh: PreparedFacts['fresh'],
  secrets: Secrets,
): Promise<void> {
  const rowOf = ({ before, after: job }: Change): NewRow =>
    (before === undefined ? fresh.get(job.id) : undefined) ?? newRow(job);
  const finished = changes.filter(({ after }) => isFinished(after));
  const open = changes.filter(({ after }) => !isFinished(after));
  const leaving = changes.filter(({ before }) => before !== undefined);
  const fromJobs = leaving.filter(({ before, after }) => !isKnownFinished(before) && isFinished(after));
  const fromHistory = leaving.filter(({ before }) => isKnownFinished(before));
  await remove(tx, 'jobs', fromJobs);
  await remove(tx, 'history', fromHistory);
  const unheardOf = open.filter(({ before }) => before === undefined);
  await copyRows(tx, 'jobs', unheardOf.map(rowOf), secrets);
  const known = open.filter(({ before }) => before !== undefined).map(({ after }) => toColumns(after, secrets));
  if (known.length > 0) await tx.query(PUT_JOBS, [JSON.stringify(known)]);
  await copyRows(tx, 'history', finished.map(rowOf), secrets);
}

async function remove(tx: Transaction, table: 'jobs' | 'history', changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  await tx.query(`delete from ${table} where id = any($1::uuid[])`, [changes.map(({ after }) => after.id)]);
}

function isKnownFinished(before: Change['before']): boolean {
  return before ? isFinished(before) : false;
}

async function putLogs(tx: Transaction, facts: readonly JobEvent[], removed: ReadonlySet<string>): Promise<void> {
  const lines = logLines(facts.filter(({ id }) => !removed.has(id)));
  if (lines.length > 0) await tx.query(PUT_LOGS, [JSON.stringify(lines)]);
}
