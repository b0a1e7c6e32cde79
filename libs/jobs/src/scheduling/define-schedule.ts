import { type AnyJob, type InputOf } from '../contracts/define-job';
import { type Duration, durationMs } from '../contracts/duration';
import { ConfigurationError } from '../contracts/errors';
import { type JobOptions, resolveJobOptions } from '../contracts/options';
import { validatePayload } from '../contracts/validate';
import { type Occurrences, cronOccurrences, everyOccurrences } from './cron';

/** The id comes from schedule and moment; a fixed date in the options would be past at the second tick. */
export type ScheduledJobOptions = Omit<JobOptions, 'id' | 'expiresAt'>;

export interface ScheduleDeclaration<J extends AnyJob> {
  /** Stable name of words of `a-z`, `0-9`, `-` and `_`, joined by dots; at most 80 characters. */
  name: string;
  /** 5 fields, 6 with seconds first, or a nickname such as `@daily`. In place of `every`. */
  cron?: string;
  /** Distance between two ticks, at least a second; counted from 1970, so that all replicas agree. In place of `cron`. */
  every?: Duration;
  /** Whose clock `cron` follows. Default `UTC`. */
  timeZone?: string;
  job: J;
  payload: InputOf<J>;
  options?: ScheduledJobOptions;
}

/** A schedule that is checked. */
export interface Schedule {
  readonly name: string;
  readonly job: AnyJob;
  readonly payload: unknown;
  readonly options: ScheduledJobOptions;
  /** The first moment after a given one. */
  readonly next: Occurrences;
}

const NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;

/**
 * Declares jobs that are added again and again.
 *
 * @throws ConfigurationError naming the field at fault
 * @throws JobError when the payload or an option is wrong
 * @example
 * const Report = defineSchedule({
 *   name: 'weekly-report', cron: '0 9 * * MON', timeZone: 'Europe/Berlin', job: SalesReport, payload: { days: 7 },
 * });
 */
export function defineSchedule<J extends AnyJob>(declaration: ScheduleDeclaration<J>): Schedule {
  const { name, job, payload, options = {} } = declaration;
  if (typeof name !== 'string' || name.length > 80 || !NAME.test(name)) {
    throw invalid(
      'name',
      `${JSON.stringify(name)} is not a legal name`,
      'Use words of a-z, 0-9, "-" and "_", at most 80 characters.',
    );
  }
  const next = occurrencesOf(declaration);
  resolveJobOptions(options, 0);
  // An asynchronous schema answers too late for this place: the first tick finds out.
  const checked: unknown = validatePayload(job.schema, payload, job.type);
  if (checked instanceof Promise) checked.catch(() => undefined);
  return Object.freeze({ name, job, payload, options, next });
}

function occurrencesOf({ cron, every, timeZone }: ScheduleDeclaration<AnyJob>): Occurrences {
  if ((cron === undefined) === (every === undefined)) {
    throw invalid(
      'cron',
      'a schedule has either cron or every',
      'Give one of the two, e.g. cron: "0 9 * * MON-FRI" or every: "15m".',
    );
  }
  if (cron !== undefined) return cronOccurrences(cron, timeZone ?? 'UTC');
  if (timeZone !== undefined) throw invalid('timeZone', 'it has no meaning beside every', 'Leave it out, or use cron.');
  const everyMs = every === undefined ? undefined : durationMs(every);
  if (everyMs === undefined || everyMs < 1_000) {
    throw invalid(
      'every',
      `${JSON.stringify(every)} is not a distance`,
      'Use at least 1000 milliseconds, or a text such as "15m".',
    );
  }
  return everyOccurrences(everyMs);
}

function invalid(field: string, message: string, hint: string): ConfigurationError {
  return new ConfigurationError('configuration_invalid', `${field}: ${message}`, { field, hint });
}
