/** `@scutwork/jobs/nest`: jobs in a Nest application. Works with Nest 11 and 12. */
export { connectJobs } from './connect-jobs';
export type { ConnectJobsOptions } from './connect-jobs';
export { JobErrorsFilter } from './job-errors';
export { JobRpcContext } from './job-rpc-context';
export { JobServer } from './job-server';
export { JOBS_BROKER, JOBS_TRANSPORT } from './jobs.constants';
export { JobHandler } from './jobs.decorators';
export type { JobMethod } from './jobs.decorators';
export { Scheduled } from './scheduled.decorator';
export type { ScheduledTerms } from './scheduled.decorator';
export { JobsHealthIndicator } from './jobs.health';
export type { JobsHealth } from './jobs.health';
export { JobsModule } from './jobs.module';
export type { JobsModuleAsyncOptions, JobsModuleOptions } from './jobs-options';
export { JobsOrchestrator } from './jobs.orchestrator';
export { JobsRegistry } from './jobs.registry';
