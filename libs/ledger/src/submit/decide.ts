import type { JobState } from '@scutwork/jobs';
import type { SubmittedJob } from '../api';
import { isFinished } from '../record/merge';
import { LedgerError } from '../store/ledger-error';
import type { PreparedEntry } from './prepare';
import { draftOf, replacementOf } from './row-of';
import type { KeyHolder, KnownJob, Standing } from './standing';
import type { UniqueRule } from './unique';

/** Asked for the new jobs of a call; what it returns is the refusal of the call. */
export type Admit = (fresh: readonly PreparedEntry[]) => LedgerError | undefined;

/**
 * What becomes of the entries of one call: new jobs, or the jobs that stand in their place. What is decided is added to
 * `standing`, so that later entries find it; a call that is refused adds nothing.
 */
export function decide(
  call: readonly PreparedEntry[],
  standing: Standing,
  now: number,
  admit: Admit = () => undefined,
): SubmittedJob[] | LedgerError {
  const refused = call.findIndex(({ chosen, identity }) => chosen && standing.removed.has(identity.id));
  if (refused !== -1) return removedId(refused);
  // A duplicate brings nothing that would have to wait: it is answered however many do.
  const refusal = admit(call.filter((entry) => isNew(entry, standing, now)));
  return refusal ?? call.map((entry) => decideEntry(entry, standing, now));
}

function isNew(entry: PreparedEntry, standing: Standing, now: number): boolean {
  const isThere = entry.chosen && standing.jobs.has(entry.identity.id);
  return !isThere && holderOf(entry, standing, now) === undefined;
}

/** Of its unique key, while that is held. */
function holderOf({ unique }: PreparedEntry, standing: Standing, now: number): KeyHolder | undefined {
  const holder = unique && standing.keys.get(unique.key);
  return holder && stands(holder, unique, standing, now) ? holder : undefined;
}

function decideEntry(entry: PreparedEntry, standing: Standing, now: number): SubmittedJob {
  const { chosen, identity, unique, definition } = entry;
  const same = chosen ? standing.jobs.get(identity.id) : undefined;
  if (same) return duplicateOf(same, now);
  const holder = holderOf(entry, standing, now);
  if (unique && holder) {
    const job = standing.jobs.get(holder.jobId);
    if (unique.mode === 'debounce' && job?.inLedger) replace(job, entry, now);
    if (job) return duplicateOf(job, now);
    return { id: holder.jobId, type: definition.type, queue: definition.queue, duplicate: true };
  }
  return begin(entry, standing, now);
}

/**
 * A key is held as whoever took it had asked: for a time, or while its job is not finished. A debounced job that is on
 * its way can no longer be replaced: the newest payload would be lost, so it begins another.
 */
function stands({ jobId, until }: KeyHolder, { mode }: UniqueRule, { jobs }: Standing, now: number): boolean {
  if (until !== undefined) return until > now;
  const job = jobs.get(jobId);
  if (!job || isFinished(job.row)) return false;
  return mode !== 'debounce' || job.inLedger;
}

function replace(job: KnownJob, entry: PreparedEntry, now: number): void {
  const before = job.draft ? job.draft.before : job.row;
  job.row = replacementOf(job.row, entry, now);
  job.draft = { before, after: job.row, inLedger: true, retention: entry.retention };
}

function begin(entry: PreparedEntry, { jobs, keys, taken }: Standing, now: number): SubmittedJob {
  const { identity, unique, definition } = entry;
  const draft = draftOf(entry, now);
  const { inLedger, after: row } = draft;
  jobs.set(identity.id, { row, inLedger, inOutbox: !inLedger, draft });
  if (unique) {
    keys.set(unique.key, {
      jobId: identity.id,
      until: unique.mode === 'throttle' ? now + unique.windowMs : undefined,
    });
    taken.add(unique.key);
  }
  const state = row.state === 'waiting' ? 'accepted' : row.state;
  return { id: identity.id, key: identity.key, type: definition.type, queue: definition.queue, state };
}

function duplicateOf(job: KnownJob, now: number): SubmittedJob {
  const { id, key, type, queue } = job.row;
  return { id, key, type, queue, state: stateOf(job, now), duplicate: true };
}

function stateOf({ row, inOutbox }: KnownJob, now: number): JobState {
  if (isFinished(row)) return row.state;
  if (row.cancelRequestedAt !== undefined) return 'cancelling';
  const waits = row.state === 'delayed' || row.state === 'retrying' ? (row.dueAt ?? 0) <= now : row.state === 'waiting';
  return waits ? (inOutbox ? 'accepted' : 'waiting') : row.state;
}

function removedId(index: number): LedgerError {
  return new LedgerError('id_taken', `Entry ${index}: a job of this id was removed a short while ago`, {
    field: `jobs[${index}].options.id`,
    hint: 'Late reports of that job may still come: use another id, or wait some days.',
  });
}
