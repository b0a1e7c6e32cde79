/** Transport of jobs: handlers with this symbol belong to {@link JobServer} alone, whatever else the app listens to. */
export const JOBS_TRANSPORT = Symbol('scutwork.jobs');

/** Token of the {@link Broker}. @example constructor(@Inject(JOBS_BROKER) private readonly broker: Broker) {} */
export const JOBS_BROKER = Symbol('scutwork.broker');

/** Token of the options given to `JobsModule.forRoot`. */
export const JOBS_OPTIONS = Symbol('scutwork.options');

/** Token of what was made from the options. */
export const JOBS_RUNTIME = Symbol('scutwork.runtime');

/** Where `@Scheduled` leaves its schedules. */
export const SCHEDULED_METADATA = 'scutwork:scheduled';

/** Where `@JobHandler` leaves its definition. */
export const JOB_HANDLER_METADATA = 'scutwork:job-handler';
