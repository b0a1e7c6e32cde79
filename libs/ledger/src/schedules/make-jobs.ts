import type { JobCatalog } from '@scutwork/jobs/wire';
import { defineJob, queueOf } from '@scutwork/jobs';
import type { Effect } from '../record/change';
import type { Secrets } from '../record/secrets';
import type { Transaction } from '../store/database';
import { decide } from '../submit/decide';
import { type PreparedEntry, prepareAll } from '../submit/prepare';
import { put } from '../submit/put';
import { nothingStands } from '../submit/standing';
import type { ScheduleRow } from './schedule-row';

/** What jobs of schedules are made with. */
export interface MakeJobsOptions {
  catalog: JobCatalog;
  effects: readonly Effect[];
  secrets: Secrets;
  maxPayloadBytes: number;
}

/** Anything is taken: whoever declared the schedule has checked it by a schema that is not known here. */
const unchecked = {
  '~standard': { version: 1, vendor: 'scutwork', validate: (value: unknown) => ({ value }) },
} as const;

/**
 * The job of one moment of a schedule, checked as any submission is.
 * @throws JobError, LedgerError naming the field at fault
 */
export async function prepareTick(
  row: Pick<ScheduleRow, 'name' | 'type' | 'payload' | 'options' | 'source'>,
  scheduledFor: number,
  { catalog, maxPayloadBytes }: Pick<MakeJobsOptions, 'catalog' | 'maxPayloadBytes'>,
): Promise<PreparedEntry> {
  const { name, type, options } = row;
  const isForeign = row.source === 'code' && !catalog.has(type);
  const known = isForeign ? new Map([[type, defineJob({ type, payload: unchecked })]]) : catalog;
  const payload = JSON.parse(row.payload) as unknown;
  // Each moment of a schedule is one job, whatever its type says of jobs that are one.
  const [entry] = await prepareAll([{ type, payload, options: { ...options, unique: false } }], known, maxPayloadBytes);
  if (!entry) throw new Error(`no job of ${queueOf(type)} was made`);
  return { ...entry, tick: { schedule: name, scheduledFor } };
}

/** Records new jobs in the caller's transaction, with all that hangs on them. */
export async function makeJobs(
  tx: Transaction,
  entries: readonly PreparedEntry[],
  now: number,
  { effects, secrets }: Pick<MakeJobsOptions, 'effects' | 'secrets'>,
): Promise<void> {
  const standing = nothingStands();
  const refused = decide(entries, standing, now);
  if (refused instanceof Error) throw refused;
  await put(tx, standing, effects, secrets);
}
