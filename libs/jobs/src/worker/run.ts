import type { Delivery } from '../broker/delivery';
import type { HeaderFault, ReceivedJob } from '../contracts/envelope';
import type { Priority } from '../contracts/job-type';
import type { IncomingMessage } from '../contracts/message';
import type { RunPolicy } from '../contracts/options';
import type { KnownType } from './handlers';

/** Where a delivery came from. */
export interface Place {
  queue: string;
  priority: Priority;
  /** From the queue of suspects, where one message runs at a time. */
  suspect: boolean;
}

/** What can be told to end early. */
interface Abortable {
  abort(reason: Error): void;
}

/** One attempt of one job in this worker, from its delivery to its settling. */
export interface Run {
  /** The same for every delivery of this attempt. */
  readonly key: string;
  readonly place: Place;
  readonly message: IncomingMessage;
  readonly job: ReceivedJob;
  /** The header that could not be read. */
  readonly fault: HeaderFault | undefined;
  readonly known: KnownType | undefined;
  readonly policy: RunPolicy;
  /** What is acknowledged when the run is settled: its delivery, and redeliveries of it that came meanwhile. */
  readonly deliveries: Delivery[];
  /** Milliseconds since 1970 at which the handler was called. */
  startedAt: number | undefined;
  /** The handler's context; undefined until the handler is called. */
  attempt: Abortable | undefined;
  /** The handler has returned, thrown, or run out of time. */
  ended: boolean;
  /** It was cancelled while it ran: if the handler fails from here on, that is why. */
  cancelled: boolean;
  /** The worker stops and gives the job back: a failure of the handler means nothing any more. */
  handedBack: boolean;
}

export const idOf = (run: Run): string => run.job.identity?.id ?? '';

/** False when every delivery's channel is gone: whoever has the job now decides about it. */
export const isHeld = (run: Run): boolean => run.deliveries.some((delivery) => delivery.alive);
