export { ApiKeys } from './access/api-keys';
export type { ApiKey } from './access/api-keys';
export { AuditLog } from './access/audit-log';
export type { AuditEntry, AuditRecord } from './access/audit-log';
export { ROLES } from './access/role';
export type { Role } from './access/role';
export type {
  Actor,
  BulkAction,
  BulkView,
  DeadGroup,
  FeedEntry,
  JobCount,
  JobFilter,
  JobQuery,
  JobSummary,
  JobView,
  LedgerApi,
  LogView,
  MetricsPoint,
  MetricsView,
  Page,
  QueueView,
  SubmitEntry,
  SubmitOptions,
  SubmittedJob,
  Submitting,
  WorkerView,
} from './api';
export type {
  ScheduleChanges,
  ScheduleFigures,
  ScheduleHealth,
  ScheduleQuery,
  ScheduleRequest,
  ScheduleRunView,
  ScheduleTick,
  ScheduleView,
  Scheduling,
} from './schedules/scheduling-api';
export { MOST_CAP } from './control/caps';
export { Database, isDatabaseAway } from './store/database';
export type { DatabaseOptions } from './store/database';
export { LedgerError } from './store/ledger-error';
export type { LedgerErrorCode } from './store/ledger-error';
export { migrate } from './store/migrate';
export { Intakes } from './intake/intakes';
export type { IntakesOptions } from './intake/intakes';
export { Recorder } from './record/recorder';
export { secretsOf } from './record/secrets';
export type { Secrets } from './record/secrets';
export { ReadSide } from './query/read-side';
export type { ReadSideOptions } from './query/read-side';
export { EXPORT_CONTENT_TYPE, EXPORT_FORMATS, exportJobs } from './query/export';
export type { ExportFormat } from './query/export';
export { Submitter } from './submit/submitter';
export type { SubmitterOptions } from './submit/submitter';
export { Admission } from './submit/admission';
export type { BacklogLimits } from './submit/admission';
export { Relay } from './duties/relay';
export { DueRelease } from './duties/due';
export { ExpiredKeys } from './duties/expired-keys';
export { Removal } from './retention/removal';
export type { RetentionOptions, RetentionRule } from './retention/rules';
export { CATCH_UPS, OVERLAPS } from './schedules/schedule-row';
export { countsDuty } from './duties/counts';
export { feedDuty } from './duties/feed';
export type { FeedOptions } from './duties/feed';
export { RetentionDuty } from './duties/retention';
export { Ledger } from './ledger';
export type { LedgerOptions } from './ledger';
export type { LedgerEvents } from './ledger-events';
export { configuredRetention } from './retention/asked';
