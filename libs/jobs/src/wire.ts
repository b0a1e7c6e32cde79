// For those who speak the wire contract themselves: a ledger, a gateway, a tool. Job code needs none of it.
export { confirmed, published } from './broker/confirmed';
export { isUp } from './broker/is-up';
export { atEntry } from './contracts/at-entry';
export { BEAT_MS, CONTROL_MESSAGE_TYPE, EVERY_QUEUE, LEASE_MS, PROBE_MESSAGE_TYPE } from './contracts/control';
export type {
  CancelKind,
  CapEntry,
  ControlEntries,
  ControlEntry,
  ControlMessage,
  ScheduleEntry,
  Timing,
} from './contracts/control';
export { catalogOf, definitionIn, definitionsIn, namesOf, versionOf } from './contracts/define-job';
export type { JobCatalog } from './contracts/define-job';
export { decodeHeaders, encodeHeaders, identityOf, messageIdOf } from './contracts/envelope';
export type { JobHeaders } from './contracts/envelope';
export { describeFailure } from './contracts/failure';
export type { JobEvent, LedgerPulse, RecordedEvent, Submission } from './contracts/job-events';
export type { JobIdentity } from './contracts/job-id';
export { checkJobId, idTimeMs, identify, newJobId } from './contracts/job-id';
export { checkJobType, isPriority, jobTypeFault, queueNameFault, queueOf } from './contracts/job-type';
export { isFinalState } from './contracts/job-state';
export { toJsonText } from './contracts/json';
export type { JsonText } from './contracts/json';
export { resolveJobOptions } from './contracts/options';
export type { JobOverrides } from './contracts/options';
export { payloadText } from './contracts/payload-text';
export { reasonOf } from './contracts/reason';
export { resolveRetention } from './contracts/retention';
export type { Kept, Retention } from './contracts/retention';
export { SCHEDULES_MESSAGE_TYPE, SUBMISSION_MESSAGE_TYPE, TICK_MESSAGE_TYPE } from './contracts/submission';
export type { SubmissionAnswer } from './contracts/submission';
export { checkPublisherKeys, signatureOf } from './contracts/signature';
export type { SignedParts } from './contracts/signature';
export { tlsFault } from './contracts/tls-fault';
export { uniqueOf } from './contracts/unique';
export { validatePayload } from './contracts/validate';
export { Announcer, ANNOUNCEMENT_MESSAGE_TYPE } from './events/announcer';
export type { AnnouncedEvent, Announcement } from './events/announcer';
export { recordMessage } from './events/record-message';
export { InTurn } from './lifecycle/in-turn';
export { within } from './lifecycle/pause';
export type { Occurrences } from './scheduling/cron';
export { describeTiming, occurrencesOf, readTiming } from './scheduling/timing';
export { FAR_MS } from './topology/far-delays';
export { LADDER_BITS, LADDER_UNIT_MS } from './topology/ladder';
export { vouched } from './topology/at-the-door';
export { routeJob } from './topology/route';
export type { Route, Wait } from './topology/route';
