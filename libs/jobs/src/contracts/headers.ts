/** The headers of the wire contract. All are optional: only routing key and body are required. */
export const HEADER = {
  /** The custom id, where it is too long for the message id: that is then the UUID made from it. */
  key: 'x-job-key',
  /** Milliseconds still to wait after this pass, relative. */
  delay: 'x-job-delay',
  /** 1 for the first attempt. */
  attempt: 'x-job-attempt',
  maxAttempts: 'x-job-max-attempts',
  /** Of the payload, as its definition says. 1 where it is missing. */
  version: 'x-job-version',
  /** A resolved backoff as JSON. */
  backoff: 'x-job-backoff',
  /** Milliseconds for one attempt. */
  timeout: 'x-job-timeout',
  /** ISO 8601 with a zone. */
  expiresAt: 'x-job-expires-at',
  generation: 'x-job-generation',
  /** Comma-separated. */
  tags: 'x-job-tags',
  tenant: 'x-job-tenant',
  group: 'x-job-group',
  schedule: 'x-job-schedule',
  /** ISO 8601: the moment of the schedule that the job is for. */
  scheduledFor: 'x-job-scheduled-for',
  flow: 'x-job-flow',
  /** Present when a `submitted` record is on its way. */
  recorded: 'x-job-recorded',
  /** Milliseconds this job has spent being deferred in this attempt. */
  deferred: 'x-job-deferred',
  /** Milliseconds this job has waited in this attempt because its type was paused. */
  paused: 'x-job-paused',
  /** On suspects, dead letters and far delays: the level they came from. */
  priority: 'x-job-priority',
  /** On suspects that went back without having run: how often their worker had died before, and how often they went back. */
  deaths: 'x-job-deaths',
  putBack: 'x-job-put-back',
  /** On dead letters: why, and what was thrown. */
  deadReason: 'x-job-dead-reason',
  error: 'x-job-error',
  /** On far delays: milliseconds since 1970 from which they wait, by the clock of whoever sent them to the ledger. */
  laterSince: 'x-job-later-since',
  /** On submissions that the ledger decides: the queue for the answer. */
  replyTo: 'x-job-reply-to',
  /** At the doors, where publishers must sign: who signs, and the signature. */
  publisher: 'x-job-publisher',
  signature: 'x-job-signature',
  /** W3C trace context. */
  traceparent: 'traceparent',
} as const;
