import { type DeadReason, type Failure, HEADER, type IncomingMessage } from '@scutwork/jobs';
import type { JobEvent, JsonText } from '@scutwork/jobs/wire';
import type { FoundJob } from './read-job';

/** That a job is dead, as its message says it: the ledger knows of no worker, and a worker that tells it knows more. */
export function deadOf(
  { identity, type, headers, death }: FoundJob,
  message: IncomingMessage,
  { reason, at }: { reason: DeadReason; at: number },
): JobEvent {
  return {
    event: 'dead',
    ...{ id: identity.id, key: identity.key, type, generation: headers.generation, at: death?.atMs ?? at },
    ...{ attempt: headers.attempt, delivery: 0, worker: '', traceparent: headers.traceparent, reason },
    failure: thrownBy(message) ?? {
      name: 'DeadLetter',
      code: reason,
      message: SAID[reason] ?? `It was given up: ${reason}`,
    },
    payload: message.body.toString() as JsonText,
  };
}

const SAID: Partial<Record<DeadReason, string>> = {
  no_queue: 'No queue takes it: no worker has ever declared the queue of its type, or the queue was deleted',
  poison: 'The broker gave it up: it was returned too often, as when it kills its worker again and again',
  signature_invalid: 'It came through a door, and no publisher vouches for it',
  rejected: 'The broker gave it up: somebody rejected it, or a policy of the broker dropped it',
};

const REASONS = {
  ...{
    attempts_exhausted: true,
    unrecoverable: true,
    payload_invalid: true,
    message_invalid: true,
    signature_invalid: true,
    type_unknown: true,
  },
  ...{ poison: true, no_queue: true, rejected: true, unpublishable: true },
} as const satisfies Record<DeadReason, true>;

/** Why a worker gave it up; undefined when the broker did. */
export function saidReason({ headers }: IncomingMessage): DeadReason | undefined {
  const said = headers[HEADER.deadReason];
  return typeof said === 'string' && Object.hasOwn(REASONS, said) ? (said as DeadReason) : undefined;
}

function thrownBy({ headers }: IncomingMessage): Failure | undefined {
  const text = headers[HEADER.error];
  if (typeof text !== 'string') return undefined;
  try {
    const { name, message, code, stack } = JSON.parse(text) as Partial<Record<keyof Failure, unknown>>;
    const maybe = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
    return { name: maybe(name) ?? 'Error', message: maybe(message) ?? '', code: maybe(code), stack: maybe(stack) };
  } catch {
    return undefined; // Whoever wrote the header wrote no JSON: the job is dead all the same.
  }
}
