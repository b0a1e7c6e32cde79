import { type AnyJob, versionOf } from '../contracts/define-job';
import { encodeHeaders, messageIdOf } from '../contracts/envelope';
import { DeliveryError } from '../contracts/errors';
import type { JobEvent } from '../contracts/job-events';
import { type JobIdentity, checkJobId, newJobId } from '../contracts/job-id';
import type { Priority } from '../contracts/job-type';
import type { JsonText } from '../contracts/json';
import type { OutgoingMessage } from '../contracts/message';
import { DEFAULT_RUN_POLICY, type JobOptions, type JobOverrides, resolveJobOptions } from '../contracts/options';
import { payloadText } from '../contracts/payload-text';
import { resolveRetention } from '../contracts/retention';
import { uniqueOf } from '../contracts/unique';
import { validatePayload } from '../contracts/validate';
import type { ClientSettings } from './client-options';

/** A job that is checked: its message can be made. */
export interface PreparedJob {
  identity: JobIdentity;
  definition: AnyJob;
  priority: Priority;
  overrides: JobOverrides;
  payload: JsonText;
  /** As they were given, for a job that the ledger decides on. */
  gated: JobOptions | undefined;
}

export interface Provenance {
  schedule?: string;
  traceparent?: string;
}

/**
 * Checks a job. Nothing is published.
 * @throws JobError naming the field at fault
 */
export function prepareJob(
  definition: AnyJob,
  payload: unknown,
  options: JobOptions | undefined,
  settings: ClientSettings,
): PreparedJob | Promise<PreparedJob> {
  const overrides = resolveJobOptions(options, settings.clock.now());
  const identity = options?.id === undefined ? { id: newJobId() } : checkJobId(options.id);
  resolveRetention(options?.retention, 'options.retention');
  const finish = (): PreparedJob => {
    const text = payloadText(payload, definition.type, settings.maxPayloadBytes);
    const priority = overrides.priority ?? definition.policy.priority ?? DEFAULT_RUN_POLICY.priority;
    const unique = uniqueOf(definition, payload, options?.unique);
    const isGated = unique !== undefined || options?.retention !== undefined;
    const gated = isGated ? { ...options, unique: unique ?? options?.unique } : undefined;
    return { identity, definition, priority, overrides, payload: text, gated };
  };
  const valid: unknown = validatePayload(definition.schema, payload, definition.type);
  return valid instanceof Promise ? valid.then(finish) : finish();
}

/** The message of a checked job, by the way that is open now. */
export function messageOf(
  { definition, identity, priority, overrides, payload }: PreparedJob,
  settings: ClientSettings,
  provenance: Provenance = {},
): OutgoingMessage {
  const { messageId, key } = messageIdOf(identity);
  const wait = { delayMs: overrides.delayMs, exact: true };
  const route = settings.far.route(definition.type, priority, wait, settings.clock.now());
  // The ledger has no definitions: it must be told all that it is to keep.
  const policy = settings.far.isFar(route) ? { ...definition.policy, ...overrides } : overrides;
  return {
    exchange: route.exchange,
    routingKey: route.routingKey,
    body: Buffer.from(payload),
    mandatory: true,
    messageId,
    type: definition.type,
    contentType: 'application/json',
    timestamp: Math.floor(settings.clock.now() / 1_000),
    correlationId: overrides.correlationId,
    appId: settings.appId,
    headers: Object.assign(
      encodeHeaders({
        key,
        delayMs: route.remainingMs,
        version: definition.version,
        maxAttempts: policy.maxAttempts,
        backoff: policy.backoff,
        timeoutMs: policy.timeoutMs,
        expiresAtMs: overrides.expiresAtMs,
        tags: overrides.tags,
        tenant: overrides.tenant,
        schedule: provenance.schedule,
        traceparent: provenance.traceparent,
        recorded: settings.records === 'on',
      }),
      route.headers,
    ),
  };
}

/** What the ledger is told of an accepted job. */
export function submittedEvent(job: PreparedJob, at: number, provenance: Provenance = {}): JobEvent {
  const { identity, definition, overrides } = job;
  return {
    event: 'submitted',
    id: identity.id,
    key: identity.key,
    type: definition.type,
    generation: 0,
    at,
    priority: job.priority,
    delayMs: overrides.delayMs,
    payload: job.payload,
    version: versionOf(definition),
    maxAttempts: overrides.maxAttempts ?? definition.policy.maxAttempts,
    backoff: overrides.backoff ?? definition.policy.backoff,
    timeoutMs: overrides.timeoutMs ?? definition.policy.timeoutMs,
    expiresAt: overrides.expiresAtMs,
    tags: overrides.tags,
    tenant: overrides.tenant,
    correlationId: overrides.correlationId,
    schedule: provenance.schedule,
    traceparent: provenance.traceparent,
  };
}

/** @throws DeliveryError when the client was stopped */
export function assertRunning(running: boolean): void {
  if (!running) {
    throw new DeliveryError('client_stopped', 'The jobs client is not running', {
      hint: 'Call start() first, and add nothing after stop().',
    });
  }
}
