import type { Control } from '../control/control-stream';
import { HEADER } from '../contracts/headers';
import { newJobId } from '../contracts/job-id';
import { queueOf } from '../contracts/job-type';
import type { Outcome } from '../contracts/outcome';
import { revocationOf } from './revoked';
import type { Run } from './run';
import { deathsOf } from './suspect-count';
import type { WorkerSettings } from './worker-options';

/** More returns than this make a message a suspect: it may be the one that kills its worker. */
const SUSPECT_AFTER = 2;
const SHORTEST_DEFERRAL_MS = 1_000;
const LONGEST_DEFERRAL_MS = 60_000;
/** So long it may take until the end of a pause is felt. */
const LONGEST_PAUSE_MS = 15_000;

/** Reasons not to call a handler, in the order in which they are asked. Undefined: run it. */
export function screen(run: Run, settings: WorkerSettings, control: Control): Outcome | undefined {
  return (
    unreadable(run) ??
    misplaced(run) ??
    nameless(run) ??
    suspect(run, settings.poisonAfter) ??
    revoked(run, control) ??
    early(run) ??
    expired(run, settings.clock.now()) ??
    paused(run, control) ??
    unknownType(run, settings.unknownTypeMs)
  );
}

function unreadable({ fault }: Run): Outcome | undefined {
  if (!fault) return undefined;
  return invalid(fault.message, fault.field === HEADER.signature ? 'signature_invalid' : 'message_invalid');
}

/** Published to a queue past its exchange, without a type of that queue: nowhere could it be sent to wait or to be adopted. */
function misplaced({ job, place }: Run): Outcome | undefined {
  if (queueOf(job.type) === place.queue) return undefined;
  const type = JSON.stringify(job.type.slice(0, 120));
  return invalid(`It came on the queue "${place.queue}", but its type, ${type}, is none of that queue`);
}

function invalid(message: string, reason: 'message_invalid' | 'signature_invalid' = 'message_invalid'): Outcome {
  return { kind: 'dead', reason, failure: { name: 'MessageError', code: reason, message } };
}

/** Without a message id every redelivery would be another job: it gets one before anything else. */
function nameless({ job }: Run): Outcome | undefined {
  return job.identity ? undefined : { kind: 'adopted', id: newJobId() };
}

/**
 * A crash raises the count of all that the worker held, guilty or not. Alone in the queue of suspects only the killer
 * raises its own.
 */
function suspect({ message, place }: Run, poisonAfter: number): Outcome | undefined {
  const deliveries = message.deliveryCount;
  if (!place.suspect) return deliveries > SUSPECT_AFTER ? { kind: 'suspected', deliveries } : undefined;
  const deaths = deathsOf(message);
  if (deaths < poisonAfter) return undefined;
  const died = `Its worker died, or lost its connection, ${deaths} times while this job ran alone`;
  return { kind: 'dead', reason: 'poison', failure: { name: 'PoisonError', code: 'poison', message: died } };
}

function revoked(run: Run, control: Control): Outcome | undefined {
  const cancel = revocationOf(run, control);
  return cancel && { kind: 'cancelled', cancel };
}

/** Its type is paused: it waits for as long as that takes. A paused queue is not consumed at all. */
function paused({ job }: Run, control: Control): Outcome | undefined {
  if (!control.isTypePaused(job.type)) return undefined;
  return { kind: 'deferred', delayMs: growing(job.pausedMs, LONGEST_PAUSE_MS), reason: 'paused' };
}

/** As long again as it has waited so far. */
const growing = (waitedMs: number, longestMs: number): number =>
  Math.min(longestMs, Math.max(SHORTEST_DEFERRAL_MS, waitedMs));

/** A delay asked for by header, or what is left of one longer than the ladder. */
function early({ job }: Run): Outcome | undefined {
  return job.delayMs > 0 ? { kind: 'deferred', delayMs: job.delayMs, reason: 'delay' } : undefined;
}

function expired({ job }: Run, now: number): Outcome | undefined {
  return job.expiresAtMs !== undefined && job.expiresAtMs <= now ? { kind: 'expired' } : undefined;
}

/**
 * Another worker may know the type, or a newer version of its payload, as in a rolling deploy: it waits with growing
 * pauses, and is dead after a while.
 */
function unknownType({ known, job }: Run, unknownTypeMs: number): Outcome | undefined {
  const [version, most] = [job.version ?? 1, known?.definition?.version ?? Number.POSITIVE_INFINITY];
  if (known && version <= most) return undefined;
  if (job.deferredMs < unknownTypeMs) {
    const delayMs = growing(job.deferredMs, LONGEST_DEFERRAL_MS);
    return { kind: 'deferred', delayMs, reason: 'type_unknown' };
  }
  const type = `the type ${JSON.stringify(job.type)}`;
  const unknown = known ? `version ${version} of ${type}, here it is ${most},` : type;
  const message = `No worker knew ${unknown} for ${Math.round(job.deferredMs / 1_000)} s`;
  return { kind: 'dead', reason: 'type_unknown', failure: { name: 'UnknownTypeError', code: 'type_unknown', message } };
}
