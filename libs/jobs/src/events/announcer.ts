import type { Broker, Publisher } from '../broker/broker';
import type { JobState } from '../contracts/job-state';
import { queueOf } from '../contracts/job-type';
import type { Clock } from '../lifecycle/clock';
import type { Names } from '../topology/names';

/** `type` property of what is announced on `jobs.events`. */
export const ANNOUNCEMENT_MESSAGE_TYPE = 'event.v1';

/** Last word of the routing key on `jobs.events`; before it stands the queue. */
export type AnnouncedEvent =
  | 'submitted'
  | 'waiting'
  | 'delayed'
  | 'blocked'
  | 'started'
  | 'progress'
  | 'retrying'
  | 'completed'
  | 'dead'
  | 'cancelled'
  | 'expired';

/** What happened to a job, for anyone: the body of a message on `jobs.events`, as JSON. */
export interface Announcement {
  event: AnnouncedEvent;
  id: string;
  /** The custom or foreign id that `id` was made from. */
  key?: string;
  type: string;
  /** What the job is now. */
  state: JobState;
  attempt: number;
  /** Milliseconds since 1970. */
  at: number;
  /** JSON text. */
  progress?: string;
}

/**
 * Unconfirmed at a time. RabbitMQ lets a channel send some 32 commands to a queue that does not answer before it stops
 * reading the whole connection: others use it.
 */
const WINDOW = 30;
/** Kept for listeners that are slow; what comes then is not announced. */
const MOST_PENDING = 5_000;
const MOST_PENDING_BYTES = 16 * 1024 * 1024;
/** How long nobody is told of what nobody had listened to. */
const DEAF_MS = 1_000;

/**
 * Announces on `jobs.events` what happens to jobs. Nothing waits for it, and nothing is announced twice: what a foreign queue
 * refuses, or is too slow for, is lost to it. A key that nobody is bound to costs one message a second.
 *
 * @example
 * const announcer = new Announcer({ broker, names, clock });
 * announcer.announce({ event: 'completed', id, type: 'email.welcome', state: 'completed', attempt: 1, at: Date.now() });
 */
export class Announcer {
  private publisher: Publisher | undefined;
  /** Until when nobody listens to a key, by our clock. */
  private readonly deafUntil = new Map<string, number>();
  private closed = false;

  constructor(private readonly options: { broker: Broker; names: Names; clock: Clock }) {}

  /** Never throws and never waits. */
  announce(said: Announcement): void {
    const { broker, names, clock } = this.options;
    const queue = queueOf(said.type);
    const routingKey = `${queue}.${said.event}`;
    if (this.closed || clock.now() < (this.deafUntil.get(routingKey) ?? 0)) return;
    this.publisher ??= broker.publisher({
      ...{ window: WINDOW, bufferMessages: MOST_PENDING, bufferBytes: MOST_PENDING_BYTES },
      // One that is given up would still lie before the queue that does not answer, and the next beside it.
      deadlineMs: Number.POSITIVE_INFINITY,
    });
    const { progress, ...rest } = said;
    const body = JSON.stringify({ ...rest, queue, progress: progress === undefined ? undefined : readable(progress) });
    this.publisher.publish(
      {
        ...{ exchange: names.events, routingKey, mandatory: true, body: Buffer.from(body) },
        ...{ type: ANNOUNCEMENT_MESSAGE_TYPE, contentType: 'application/json' },
      },
      (failure) => {
        if (failure?.kind === 'returned') this.deafUntil.set(routingKey, clock.now() + DEAF_MS);
      },
    );
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.publisher?.close(0);
  }
}

function readable(progress: string): unknown {
  try {
    return JSON.parse(progress) as unknown;
  } catch {
    return progress; // It was cut, or never was JSON: shown as the text that it is.
  }
}
