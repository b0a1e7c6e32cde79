import type { AnyJob, InputOf } from '../contracts/define-job';
import { type Schedule, type ScheduleTerms, defineSchedule } from '../scheduling/define-schedule';
import { SCHEDULED_METADATA } from './jobs.constants';

/** What a schedule says that stands at the handler of its job. The name is the job's type where none is given. */
export type ScheduledTerms<J extends AnyJob> = Omit<ScheduleTerms, 'name'> & { name?: string; payload: InputOf<J> };

/**
 * Declares a schedule beside the handler of its job, or at any method of a provider or controller. It may stand several
 * times, with names of their own. The ledger makes one job of each moment, however many processes declare it.
 *
 * @throws ConfigurationError, JobError as {@link defineSchedule} does, when the class is loaded
 * @example
 * \@Scheduled(Digest, { cron: CronPatterns.WEEKDAYS_AT_9, timeZone: 'Europe/Berlin', payload: { days: 1 } })
 * \@JobHandler(Digest)
 * digest(payload: PayloadOf<typeof Digest>) { … }
 */
export function Scheduled<J extends AnyJob>(job: J, terms: ScheduledTerms<J>): MethodDecorator {
  const schedule = defineSchedule({ ...terms, name: terms.name ?? job.type, job });
  return (_target, _method, descriptor: TypedPropertyDescriptor<unknown> | PropertyDescriptor) => {
    const method = descriptor.value as object;
    const before = (Reflect.getMetadata(SCHEDULED_METADATA, method) ?? []) as Schedule[];
    Reflect.defineMetadata(SCHEDULED_METADATA, [schedule, ...before], method);
  };
}
