import { type AnyJob, type InputOf } from '../contracts/define-job';
import type { Duration } from '../contracts/duration';
import { ConfigurationError } from '../contracts/errors';
import { DEFAULT_RUN_POLICY, type JobOptions, resolveJobOptions } from '../contracts/options';
import { validatePayload } from '../contracts/validate';
import { readTiming } from './timing';

/** Each moment makes a job of its own; a fixed date in the options would be past at the second one. */
export type ScheduledJobOptions = Omit<JobOptions, 'id' | 'expiresAt' | 'unique'>;

/** When and how a schedule runs, whatever it runs. */
export interface ScheduleTerms {
  /** Stable name of words of `a-z`, `0-9`, `-` and `_`, joined by dots; at most 80 characters. */
  name: string;
  /** 5 fields, 6 with seconds first, or a name such as `daily`. In place of `every`. */
  cron?: string;
  /** Distance between two runs, at least a second; counted from `start`, else from when it was first known. In place of `cron`. */
  every?: Duration;
  /** Whose clock `cron` follows. Default `UTC`. */
  timeZone?: string;
  /** No run before it. */
  start?: Date;
  /** No run at it or after. */
  end?: Date;
  /** Runs in all. */
  limit?: number;
  /** While a job of it is not finished: one more, none, one after it, or one in its place. Default `allow`. */
  overlap?: 'allow' | 'skip' | 'queue' | 'cancel-running';
  /** For moments that were missed: no job, one, or one for each. Default `once`. */
  catchUp?: 'skip' | 'once' | 'all';
  /** Most that `all` makes up for, the newest. Default 100. */
  catchUpLimit?: number;
  /** How late a moment may be decided and not be missed, 1 s to 1 h. Default a minute. */
  grace?: Duration;
  /** Whether it runs when it is first known. Default true; later it is as people set it. */
  enabled?: boolean;
  options?: ScheduledJobOptions;
}

export interface ScheduleDeclaration<J extends AnyJob> extends ScheduleTerms {
  job: J;
  payload: InputOf<J>;
}

/** A schedule that is checked. */
export interface Schedule {
  readonly name: string;
  readonly job: AnyJob;
  /** As the ledger takes it. */
  readonly request: Readonly<Record<string, unknown>>;
}

const NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;

/**
 * Declares jobs that are added again and again. It is made known to the ledger when the application starts, by
 * `JobsModule.forRoot({ schedules })`, `@Scheduled()` or the scheduler's `schedules.ts`.
 *
 * @throws ConfigurationError naming the field at fault
 * @throws JobError when the payload or an option is wrong
 * @example
 * const Report = defineSchedule({
 *   name: 'weekly-report', cron: '0 9 * * MON', timeZone: 'Europe/Berlin', job: SalesReport, payload: { days: 7 },
 * });
 */
export function defineSchedule<J extends AnyJob>(declaration: ScheduleDeclaration<J>): Schedule {
  const { name, job, payload, options = {}, start, end, ...terms } = declaration;
  if (typeof name !== 'string' || name.length > 80 || !NAME.test(name)) {
    throw invalid(
      'name',
      `${JSON.stringify(name)} is not a legal name`,
      'Use words of a-z, 0-9, "-" and "_", at most 80 characters.',
    );
  }
  readTiming(terms);
  resolveJobOptions(options, 0);
  // An asynchronous schema answers too late for this place: the ledger finds out.
  const checked: unknown = validatePayload(job.schema, payload, job.type);
  if (checked instanceof Promise) checked.catch(() => undefined);
  // The ledger may not know the type, and the level decides where its jobs go.
  const priority = options.priority ?? job.policy.priority ?? DEFAULT_RUN_POLICY.priority;
  const request = {
    ...{ name, type: job.type, payload, options: { ...options, priority } },
    ...{ ...terms, start: start?.toISOString(), end: end?.toISOString() },
  };
  return Object.freeze({ name, job, request });
}

/** @throws ConfigurationError when two schedules have one name */
export function refuseTwins(schedules: readonly Schedule[]): void {
  const names = schedules.map(({ name }) => name);
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin === undefined) return;
  throw new ConfigurationError('configuration_invalid', `Two schedules are called "${twin}"`, {
    field: twin,
    hint: 'The name tells their jobs apart: give each schedule its own.',
  });
}

function invalid(field: string, message: string, hint: string): ConfigurationError {
  return new ConfigurationError('configuration_invalid', `${field}: ${message}`, { field, hint });
}
