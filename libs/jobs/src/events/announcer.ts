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
  | 'stalled'
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
/** Kept for listeners that are slow. */
const MOST_WAITING = 5_000;
const MOST_WAITING_BYTES = 16 * 1024 * 1024;
/** What an announcement takes in memory beside its progress, about. */
const BYTES_WITHOUT_PROGRESS = 512;
/** How long nobody is told of what nobody had listened to. */
const DEAF_MS = 1_000;
/** How often those who run this process are told what listeners miss. */
const TELL_MS = 1_000;

interface Waiting {
  said: Announcement;
  routingKey: string;
  bytes: number;
}

export interface AnnouncerOptions {
  broker: Broker;
  names: Names;
  clock: Clock;
  /** Called once a second at most with how many were left out since the last call. */
  onLeftOut: (announcements: number) => void;
}

/**
 * Announces on `jobs.events` what happens to jobs. Nothing waits for it, and nothing is announced twice: what a foreign queue
 * refuses is lost to it, and where listeners are too slow the oldest is left out. A key that nobody is bound to costs one
 * message a second.
 *
 * @example
 * const announcer = new Announcer({ broker, names, clock, onLeftOut: (count) => console.warn(count) });
 * announcer.announce({ event: 'completed', id, type: 'email.welcome', state: 'completed', attempt: 1, at: Date.now() });
 */
export class Announcer {
  private publisher: Publisher | undefined;
  private readonly waiting: Waiting[] = [];
  private waitingBytes = 0;
  private unconfirmed = 0;
  /** Until when nobody listens to a key, by our clock. */
  private readonly deafUntil = new Map<string, number>();
  /** By key: how many were left out since the last that was sent. */
  private readonly leftOut = new Map<string, number>();
  /** By key: how many those who run this process have not been told of. */
  private readonly untold = new Map<string, number>();
  private stopTelling: (() => void) | undefined;
  private closed = false;

  constructor(private readonly options: AnnouncerOptions) {}

  /** Never throws and never waits. */
  announce(said: Announcement): void {
    const routingKey = `${queueOf(said.type)}.${said.event}`;
    if (this.closed || this.isDeaf(routingKey)) return;
    const bytes = BYTES_WITHOUT_PROGRESS + (said.progress?.length ?? 0);
    this.waiting.push({ said, routingKey, bytes });
    this.waitingBytes += bytes;
    this.send();
    while (this.isFull()) this.leaveOutOldest();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.tell();
    await this.publisher?.close(0);
  }

  private send(): void {
    while (!this.closed && this.unconfirmed < WINDOW) {
      const next = this.take();
      if (!next) return;
      if (!this.isDeaf(next.routingKey)) this.publish(next);
    }
  }

  private publish({ said, routingKey }: Waiting): void {
    const { broker, names, clock } = this.options;
    // One that is given up would still lie before the queue that does not answer, and the next beside it.
    this.publisher ??= broker.publisher({ window: WINDOW, deadlineMs: Number.POSITIVE_INFINITY });
    const body = Buffer.from(textOf(said, this.leftOut.get(routingKey)));
    this.leftOut.delete(routingKey);
    this.unconfirmed += 1;
    const message = { exchange: names.events, routingKey, mandatory: true, body };
    this.publisher.publish(
      { ...message, type: ANNOUNCEMENT_MESSAGE_TYPE, contentType: 'application/json' },
      (failure) => {
        this.unconfirmed -= 1;
        if (failure?.kind === 'returned') {
          this.deafUntil.set(routingKey, clock.now() + DEAF_MS);
          // Nobody has missed them.
          this.leftOut.delete(routingKey);
          this.untold.delete(routingKey);
        }
        this.send();
      },
    );
  }

  private isDeaf(routingKey: string): boolean {
    return this.options.clock.now() < (this.deafUntil.get(routingKey) ?? 0);
  }

  private take(): Waiting | undefined {
    const next = this.waiting.shift();
    this.waitingBytes -= next?.bytes ?? 0;
    return next;
  }

  /** One alone has room, however large it is. */
  private isFull(): boolean {
    return this.waiting.length > MOST_WAITING || (this.waitingBytes > MOST_WAITING_BYTES && this.waiting.length > 1);
  }

  /** What a listener wants most is how things are now. */
  private leaveOutOldest(): void {
    const oldest = this.take();
    if (!oldest || this.isDeaf(oldest.routingKey)) return;
    for (const counts of [this.leftOut, this.untold])
      counts.set(oldest.routingKey, (counts.get(oldest.routingKey) ?? 0) + 1);
    this.stopTelling ??= this.options.clock.after(TELL_MS, () => this.tell());
  }

  private tell(): void {
    this.stopTelling?.();
    this.stopTelling = undefined;
    const untold = [...this.untold.values()].reduce((sum, count) => sum + count, 0);
    this.untold.clear();
    if (untold > 0) this.options.onLeftOut(untold);
  }
}

function textOf({ progress, ...said }: Announcement, leftOut: number | undefined): string {
  const shown = progress === undefined ? undefined : readable(progress);
  return JSON.stringify({ ...said, queue: queueOf(said.type), progress: shown, leftOut });
}

function readable(progress: string): unknown {
  try {
    return JSON.parse(progress) as unknown;
  } catch {
    return progress; // It was cut, or never was JSON: shown as the text that it is.
  }
}
