import { FAR_MS, type JobIdentity, type Retention, versionOf } from '@scutwork/jobs/wire';
import type { JobRow } from '../record/job-row';
import { merge } from '../record/merge';
import { storable, storableText } from '../record/storable';
import type { PreparedEntry } from './prepare';

/** A row to be written. */
export interface Draft {
  /** As it was; undefined for a job that is new. */
  before: JobRow | undefined;
  after: JobRow;
  /** Nothing of it goes to the broker yet. */
  inLedger: boolean;
  /** Its own rules of how long it is kept. */
  retention: Retention | undefined;
}

/** The row of a new job. `now` is the database's time in milliseconds since 1970. */
export function draftOf(entry: PreparedEntry, now: number): Draft {
  const after = rowOf(entry, entry.identity, 0, now);
  return { before: undefined, after, inLedger: waitsInLedger(entry, now), retention: entry.retention };
}

/** The row of a job that waits in the ledger, with another payload and other options, its delay begun again. */
export function replacementOf(standing: JobRow, entry: PreparedEntry, now: number): JobRow {
  const row = rowOf(entry, { id: standing.id, key: standing.key }, standing.generation, now);
  row.createdAt = standing.createdAt;
  row.baseGeneration = standing.baseGeneration;
  return row;
}

/** Told as any other submission is: one rule makes rows. */
function rowOf(entry: PreparedEntry, { id, key }: JobIdentity, generation: number, now: number): JobRow {
  const { definition, overrides } = entry;
  const fact = storable({
    event: 'submitted' as const,
    id,
    key,
    type: definition.type,
    generation,
    at: now,
    priority: entry.priority,
    delayMs: delayMsOf(entry, now),
    payload: entry.payload,
    version: versionOf(definition),
    maxAttempts: overrides.maxAttempts ?? definition.policy.maxAttempts,
    backoff: overrides.backoff ?? definition.policy.backoff,
    timeoutMs: overrides.timeoutMs ?? definition.policy.timeoutMs,
    expiresAt: overrides.expiresAtMs,
    tags: overrides.tags,
    tenant: overrides.tenant,
    correlationId: overrides.correlationId,
    schedule: entry.tick?.schedule,
    scheduledFor: entry.tick?.scheduledFor,
  });
  const row = merge(undefined, fact);
  row.origin = entry.tick ? 'schedule' : 'api';
  row.keepMs = entry.keepMs;
  row.uniqueKey = entry.unique && storableText(entry.unique.key);
  return row;
}

/** Debounced jobs wait here whatever their delay: replacing one revokes nothing. */
function waitsInLedger(entry: PreparedEntry, now: number): boolean {
  return entry.unique?.mode === 'debounce' || delayMsOf(entry, now) > FAR_MS;
}

function delayMsOf({ dueAt, overrides }: PreparedEntry, now: number): number {
  return dueAt === undefined ? overrides.delayMs : Math.max(0, dueAt - now);
}
