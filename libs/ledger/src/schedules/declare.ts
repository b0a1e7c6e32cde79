import { durationMs } from '@scutwork/jobs';
import { readTiming, resolveJobOptions } from '@scutwork/jobs/wire';
import type { SubmitOptions } from '../api';
import type { ScheduleRequest } from './scheduling-api';
import { LedgerError } from '../store/ledger-error';
import { CATCH_UPS, OVERLAPS, type ScheduleRow } from './schedule-row';

const NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;
const MOST_NAME_CHARS = 80;
const MOST_CATCH_UP = 10_000;
const [LEAST_GRACE_MS, MOST_GRACE_MS] = [1_000, 3_600_000];
const MOST_RUNS = 2_147_483_647;

/** What a schedule is unless it says otherwise. */
const SCHEDULE_DEFAULTS = { overlap: 'allow', catchUp: 'once', catchUpLimit: 100, graceMs: 60_000 } as const;

/** What one form of timing does not have, the other must not keep. */
const NO_TIMING = { cron: undefined, timeZone: undefined, everyMs: undefined };

type Defined = Pick<
  ScheduleRow,
  'type' | 'options' | 'cron' | 'timeZone' | 'everyMs' | 'startAt' | 'endAt' | 'runLimit' | 'enabled'
> &
  Pick<ScheduleRow, 'overlap' | 'catchUp' | 'catchUpLimit' | 'graceMs'>;

/** @throws LedgerError `schedule_invalid` */
export function checkScheduleName(name: unknown): asserts name is string {
  if (typeof name === 'string' && name.length <= MOST_NAME_CHARS && NAME.test(name)) return;
  throw invalid(
    'name',
    `${JSON.stringify(name).slice(0, 100)} is not a legal name`,
    `Use words of a-z, 0-9, "-" and "_", joined by dots, at most ${MOST_NAME_CHARS} characters.`,
  );
}

/**
 * What a request says of a schedule, checked, but for its payload.
 * @throws LedgerError `schedule_invalid`, ConfigurationError `cron_invalid`, JobError, naming the field at fault
 */
export function readSchedule(request: Omit<ScheduleRequest, 'name' | 'payload'>): Defined {
  const { overlap = SCHEDULE_DEFAULTS.overlap, catchUp = SCHEDULE_DEFAULTS.catchUp, options = {} } = request;
  if (!OVERLAPS.includes(overlap)) throw invalid('overlap', 'it is none', `Use ${OVERLAPS.join(', ')}.`);
  if (!CATCH_UPS.includes(catchUp)) throw invalid('catchUp', 'it is none', `Use ${CATCH_UPS.join(', ')}.`);
  checkOptions(options);
  const [startAt, endAt] = [momentOf(request.start, 'start'), momentOf(request.end, 'end')];
  if (startAt !== undefined && endAt !== undefined && endAt <= startAt) {
    throw invalid('end', 'it is not after start', 'Choose a later moment, or leave it out.');
  }
  return {
    ...{ type: request.type, options, ...NO_TIMING, ...readTiming(request), startAt, endAt, overlap, catchUp },
    runLimit: request.limit === undefined ? undefined : wholeOf(request.limit, 'limit', 1, MOST_RUNS),
    catchUpLimit: wholeOf(request.catchUpLimit ?? SCHEDULE_DEFAULTS.catchUpLimit, 'catchUpLimit', 1, MOST_CATCH_UP),
    graceMs: graceOf(request.grace),
    enabled: request.enabled ?? true,
  };
}

function checkOptions(options: SubmitOptions): void {
  const given = options as Record<string, unknown>;
  const refused = ['id', 'expiresAt', 'unique'].find((name) => given[name] !== undefined);
  if (refused !== undefined) {
    throw invalid(`options.${refused}`, 'a schedule cannot give it to its jobs', 'Leave it out.');
  }
  resolveJobOptions(options, 0);
}

function momentOf(text: string | undefined, field: string): number | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  throw invalid(
    field,
    `${JSON.stringify(text)} is not a moment`,
    'Use ISO 8601 with a zone, e.g. 2030-01-31T12:00:00Z.',
  );
}

function wholeOf(value: number, field: string, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(field, `${value} is not possible`, `Use a whole number from ${least} to ${most}.`);
}

function graceOf(grace: ScheduleRequest['grace']): number {
  const ms = grace === undefined ? SCHEDULE_DEFAULTS.graceMs : durationMs(grace);
  if (ms !== undefined && ms >= LEAST_GRACE_MS && ms <= MOST_GRACE_MS) return Math.round(ms);
  throw invalid('grace', `${JSON.stringify(grace)} is not possible`, 'Use from 1 s to 1 h, e.g. "1m".');
}

function invalid(field: string, message: string, hint: string): LedgerError {
  return new LedgerError('schedule_invalid', `${field}: ${message}`, { field, hint });
}
