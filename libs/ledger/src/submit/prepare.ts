import { inspect } from 'node:util';
import { type AnyJob, DEFAULT_RUN_POLICY, type Duration, JobError, type Priority, durationMs } from '@scutwork/jobs';
import {
  type JobCatalog,
  type JobIdentity,
  type JobOverrides,
  type JsonText,
  type Retention,
  atEntry,
  checkJobId,
  definitionIn,
  newJobId,
  payloadText,
  resolveJobOptions,
  resolveRetention,
  uniqueOf,
  validatePayload,
} from '@scutwork/jobs/wire';
import type { SubmitEntry, SubmitOptions } from '../api';
import { LedgerError } from '../store/ledger-error';
import { type UniqueRule, resolveUnique } from './unique';

/** A submission that is checked: all that the database is not needed for. */
export interface PreparedEntry {
  identity: JobIdentity;
  /** Whether the caller chose the id: it may be one that exists. */
  chosen: boolean;
  definition: AnyJob;
  priority: Priority;
  overrides: JobOverrides;
  /** Milliseconds since 1970, of a delay that was given as a date. */
  dueAt: number | undefined;
  unique: UniqueRule | undefined;
  keepMs: number | undefined;
  retention: Retention | undefined;
  payload: JsonText;
  /** Of a job that a schedule makes. */
  tick?: { schedule: string; scheduledFor: number };
}

/** What PostgreSQL and `Date` can both hold: the year 1 to the year 275760. */
const EARLIEST_MS = -62_135_596_800_000;
const LATEST_MS = 8.64e15;
const MOST_KEEP_MS = 100 * 365 * 86_400_000;

/** @throws JobError, LedgerError naming the entry and the field at fault, e.g. `jobs[3].payload.to` */
export async function prepareAll(
  entries: readonly SubmitEntry[],
  catalog: JobCatalog,
  maxPayloadBytes: number,
): Promise<PreparedEntry[]> {
  const prepared: PreparedEntry[] = [];
  for (const [index, entry] of entries.entries()) {
    try {
      const job = prepare(entry, catalog, maxPayloadBytes);
      prepared.push(job instanceof Promise ? await job : job);
    } catch (error) {
      throw ofEntry(error, index);
    }
  }
  return prepared;
}

function prepare(
  { type, payload, options }: SubmitEntry,
  catalog: JobCatalog,
  maxPayloadBytes: number,
): PreparedEntry | Promise<PreparedEntry> {
  const definition = definitionIn(catalog, type, 'type');
  checkShape(options);
  const overrides = resolveJobOptions(options, Date.now());
  checkMoments(overrides);
  // First: what is too large is refused as that, whatever else is wrong with it.
  const text = payloadText(payload, type, maxPayloadBytes);
  const finish = (): PreparedEntry => ({
    identity: options?.id === undefined ? { id: newJobId() } : checkJobId(options.id),
    chosen: options?.id !== undefined,
    definition,
    priority: overrides.priority ?? definition.policy.priority ?? DEFAULT_RUN_POLICY.priority,
    overrides,
    dueAt: options?.delay instanceof Date ? options.delay.getTime() : undefined,
    unique: resolveUnique(uniqueOf(definition, payload, options?.unique), type, overrides.delayMs),
    ...keepOf(options),
    payload: text,
  });
  const valid: unknown = validatePayload(definition.schema, payload, type);
  return valid instanceof Promise ? valid.then(finish) : finish();
}

/** Callers without types, and JSON. */
function checkShape(options: unknown): asserts options is SubmitOptions | undefined {
  if (options === undefined || (typeof options === 'object' && options !== null && !Array.isArray(options))) return;
  throw new LedgerError('options_invalid', `options is ${inspect(options).slice(0, 100)}; it must be an object`, {
    field: 'options',
    hint: 'For example { delay: "5m", priority: "high" }, or leave it out.',
  });
}

/** A moment that no calendar has would be accepted, and refused by PostgreSQL. */
function checkMoments({ delayMs, expiresAtMs = 0 }: JobOverrides): void {
  if (Date.now() + delayMs > LATEST_MS) {
    throw new JobError('delay_invalid', `options.delay of ${delayMs} ms ends after the year 275760`, {
      field: 'options.delay',
      hint: 'Delays have no other limit.',
    });
  }
  if (expiresAtMs < EARLIEST_MS) {
    throw new JobError('expiry_invalid', 'options.expiresAt is before the year 1', {
      field: 'options.expiresAt',
      hint: 'Use a moment to come.',
    });
  }
}

/** With rules of its own a job is on the shelf of such jobs; they say how long it stays there (`record/effects/keeps.ts`). */
function keepOf({ keepFor, retention: given }: SubmitOptions = {}): Pick<PreparedEntry, 'keepMs' | 'retention'> {
  const retention = resolveRetention(given, 'options.retention');
  if (retention === undefined) return { keepMs: resolveKeep(keepFor), retention };
  if (keepFor === undefined) return { keepMs: MOST_KEEP_MS, retention };
  throw new LedgerError('keep_invalid', 'options.keepFor and options.retention say the same thing twice', {
    field: 'options.keepFor',
    hint: 'Leave out keepFor: retention says how long for each way to end.',
  });
}

function resolveKeep(keepFor: Duration | undefined): number | undefined {
  if (keepFor === undefined) return undefined;
  const keepMs = durationMs(keepFor);
  if (keepMs !== undefined && keepMs >= 0 && keepMs <= MOST_KEEP_MS) return keepMs;
  throw new LedgerError('keep_invalid', `options.keepFor is ${inspect(keepFor).slice(0, 100)}`, {
    field: 'options.keepFor',
    hint: 'Use milliseconds of 0 or more, or a text such as "90d", at most 100 years.',
  });
}

function ofEntry(error: unknown, index: number): unknown {
  if (error instanceof JobError) return atEntry(error, index);
  if (!(error instanceof LedgerError)) return error;
  const { code, message, field = '', hint } = error;
  return new LedgerError(code, `Entry ${index}: ${message}`, { field: `jobs[${index}].${field}`, hint, cause: error });
}
