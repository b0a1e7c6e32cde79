export { defineJob } from './contracts/define-job';
export type {
  AnyJob,
  InputOf,
  JobDeclaration,
  JobDefinition,
  PayloadOf,
  ResultOf,
  Schema,
} from './contracts/define-job';
export type { Backoff, ResolvedBackoff } from './contracts/backoff';
export { durationMs } from './contracts/duration';
export type { Duration } from './contracts/duration';
export {
  BrokerError,
  ConfigurationError,
  DeliveryError,
  JobError,
  JobNotAccepted,
  RetryAfterError,
  ScutworkError,
  TimeoutError,
  UnrecoverableError,
} from './contracts/errors';
export type { ErrorCode, ErrorScope } from './contracts/errors';
export { HEADER } from './contracts/headers';
export type { EventName, JobEvent, LogLevel, ScutworkEvent, SystemEvent } from './contracts/job-events';
export { identify, newJobId } from './contracts/job-id';
export type { JobIdentity } from './contracts/job-id';
export { PRIORITIES, queueOf } from './contracts/job-type';
export type { Priority } from './contracts/job-type';
export { FINAL_STATES, JOB_STATES } from './contracts/job-state';
export type { JobState } from './contracts/job-state';
export type { IncomingMessage, OutgoingMessage } from './contracts/message';
export { DEFAULT_RUN_POLICY } from './contracts/options';
export type { JobOptions, PriorityOption, RunOptions, RunPolicy } from './contracts/options';
export type { PublisherKeys } from './contracts/signature';
export type { KeepRule, RetentionOptions } from './contracts/retention';
export type { UniqueOptions } from './contracts/submission';
export type { DeadReason, DeferReason, Failure, Outcome } from './contracts/outcome';

export { describeDifference, describePlan, diffPlans, planAsMarkdown } from './topology/describe';
export type { PlanDifference } from './topology/describe';
export { namesFor } from './topology/names';
export type { Names } from './topology/names';
export { BROKER_ROLES, permissionsOf } from './topology/permissions';
export type { BrokerRole, PermissionOptions, Permissions } from './topology/permissions';
export { mergePlans, planLedger, planTopology } from './topology/plan';
export type { PlanOptions, QueueType, TopologyPlan } from './topology/plan';

export type { Broker, BrokerState, PublishFailure, Publisher, PublisherOptions, Subscription } from './broker/broker';
export type { Delivery } from './broker/delivery';
export { amqpBroker } from './broker/amqp/amqp-broker';
export type { AmqpBrokerOptions } from './broker/amqp/options';
export { migrateTopology } from './broker/amqp/migrate-topology';
export type { MigrateOptions } from './broker/amqp/migrate-topology';
export type { MigrationStep, QueueMigration } from './broker/amqp/migrate-queue';

export { JobsClient } from './client/jobs-client';
export type { AddedJob, AddedJobs, JobEntry, NamedEntry } from './client/jobs-client';
export type { NotAdded } from './client/send-many';
export type { UniqueByDefault } from './contracts/unique';
export { redriveDead } from './client/redrive-dead';
export type { RedriveOptions, Redriven } from './client/redrive-dead';
export type { JobsClientOptions } from './client/client-options';

export { EventBus } from './events/event-bus';
export type { EventListener, EventSink } from './events/event-bus';
export { logEvents } from './events/log-subscriber';

export { defineSchedule } from './scheduling/define-schedule';
export type { Schedule, ScheduleDeclaration, ScheduleTerms, ScheduledJobOptions } from './scheduling/define-schedule';
export { CronPatterns } from './scheduling/patterns';
export { ScheduleRegistration } from './scheduling/register';
export type { RegistrationOptions } from './scheduling/register';
export { Ticker } from './scheduling/ticker';
export type { SchedulesInForce, TickerHealth, TickerOptions } from './scheduling/ticker';
export { ControlStream } from './control/control-stream';
export type { ControlStreamOptions } from './control/control-stream';

export type { BackoffFunction, BackoffFunctions } from './retry/backoff';

export { Worker } from './worker/worker';
export type { WorkedQueue } from './worker/worker';
export { Handlers } from './worker/handlers';
export type { Handler, HandlerOptions, KnownType } from './worker/handlers';
export type { JobContext } from './worker/context';
export type { Middleware } from './worker/middleware/chain';
export type { QueueOptions, WorkerOptions } from './worker/worker-options';

export { systemClock } from './lifecycle/clock';
export type { Clock, Random } from './lifecycle/clock';
export type { Service, StopOptions } from './lifecycle/service';
