// For those who speak the wire contract themselves: a ledger, a gateway, a tool. Job code needs none of it.
export { BEAT_MS, CONTROL_MESSAGE_TYPE, LEASE_MS, PROBE_MESSAGE_TYPE } from './contracts/control';
export type { CancelKind, ControlEntries, ControlEntry, ControlMessage } from './contracts/control';
export { decodeHeaders, encodeHeaders, identityOf, messageIdOf } from './contracts/envelope';
export type { JobHeaders } from './contracts/envelope';
export { describeFailure } from './contracts/failure';
export type { JobEvent, RecordedEvent, Submission } from './contracts/job-events';
export { checkJobId, idTimeMs, identify, newJobId } from './contracts/job-id';
export { isPriority, jobTypeFault, queueOf } from './contracts/job-type';
export { toJsonText } from './contracts/json';
export type { JsonText } from './contracts/json';
export { resolveJobOptions } from './contracts/options';
export type { JobOverrides } from './contracts/options';
export { validatePayload } from './contracts/validate';
export { recordMessage } from './events/record-message';
export { typeOfKey } from './topology/ladder-keys';
export { routeJob } from './topology/route';
export type { Route, Wait } from './topology/route';
