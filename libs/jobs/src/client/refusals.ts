import type { PublishFailure } from '../broker/broker';
import { type ErrorCode, JobNotAccepted } from '../contracts/errors';
import type { PreparedJob } from './prepare';

/** By the ledger's beat: see `control/full-queues.ts`. */
export function backlogFull({ identity: { id, key }, definition: { type, queue } }: PreparedJob): JobNotAccepted {
  const message = `Job ${key ?? id} of type ${type} was not accepted (refused): queue "${queue}" has its fill of jobs that wait`;
  return new JobNotAccepted('backlog_full', 'refused', id, message, { field: 'type', hint: BACKLOG_HINT });
}

const BACKLOG_HINT =
  'Nothing was published. Add it again when some of them have been run, start more workers, or raise the limit of the producer.';

const TOO_LARGE = {
  code: 'payload_too_large',
  outcome: 'refused',
  hint: 'Store large data elsewhere and put a reference into the payload, or raise max_message_size of the broker.',
} as const;

const REFUSALS: Record<PublishFailure['kind'], { code: ErrorCode; outcome: 'refused' | 'unknown'; hint: string }> = {
  returned: {
    code: 'no_queue',
    outcome: 'refused',
    hint: 'No worker or client has declared this queue yet: start one that knows it.',
  },
  nacked: {
    code: 'publish_nacked',
    outcome: 'refused',
    hint: 'The queue refused it; look at its limits and at the health of the broker.',
  },
  unsendable: {
    code: 'header_too_large',
    outcome: 'refused',
    hint: 'Use shorter tags and ids: headers are at most 64 KiB.',
  },
  full: {
    code: 'buffer_full',
    outcome: 'refused',
    hint: 'Await each add, or use addMany: more is added than the broker takes.',
  },
  expired: {
    code: 'broker_unreachable',
    outcome: 'refused',
    hint: 'The broker could not be reached in time; check that it runs, then add again.',
  },
  unknown: {
    code: 'publish_unknown',
    outcome: 'unknown',
    hint: 'It may have been accepted: add it again with options.id set to this id.',
  },
  stopped: { code: 'client_stopped', outcome: 'refused', hint: 'The client was stopped; add nothing after stop().' },
};

/** What a publish that did not end in a confirm means for its job. */
export function notAccepted(job: PreparedJob, failure: PublishFailure): JobNotAccepted {
  const { code, outcome, hint } = failure.limitBytes === undefined ? REFUSALS[failure.kind] : TOO_LARGE;
  const { id, key } = job.identity;
  const message = `Job ${key ?? id} of type ${job.definition.type} was not accepted (${outcome}): ${failure.reason}`;
  return new JobNotAccepted(code, outcome, id, message, {
    hint,
    field: failure.kind === 'returned' ? 'type' : undefined,
  });
}
