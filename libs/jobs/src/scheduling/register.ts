import type { Publisher } from '../broker/broker';
import { confirmed } from '../broker/confirmed';
import { SCHEDULES_MESSAGE_TYPE } from '../contracts/submission';
import { type EventSink, silentEvents } from '../events/event-bus';
import { type Clock, systemClock } from '../lifecycle/clock';
import { pause } from '../lifecycle/pause';
import type { Service } from '../lifecycle/service';
import { type Names, namesFor } from '../topology/names';
import { type Schedule, refuseTwins } from './define-schedule';
import { reasonOf } from '../contracts/reason';

export interface RegistrationOptions {
  schedules: readonly Schedule[];
  publisher: Publisher;
  /** Whose they are, as schedules show it. */
  by: string;
  names?: Names;
  events?: EventSink;
  clock?: Clock;
}

const AGAIN_MS = 5_000;

/**
 * Makes the schedules that code declares known to the ledger, once the broker takes them. The ledger makes those that are
 * new and changes those that the code has changed.
 */
export class ScheduleRegistration implements Service {
  private readonly stopping = new AbortController();
  private telling: Promise<void> | undefined;

  /** @throws ConfigurationError when two schedules have one name */
  constructor(private readonly options: RegistrationOptions) {
    refuseTwins(options.schedules);
  }

  /** Begins, and resolves at once: the broker, or the ledger, may come later. */
  async start(): Promise<void> {
    if (this.options.schedules.length > 0) this.telling ??= this.tell();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.telling;
  }

  private async tell(): Promise<void> {
    const { schedules, events = silentEvents, clock = systemClock } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.publish();
        events.emit({ event: 'schedules.registered', schedules: schedules.map(({ name }) => name) });
        return;
      } catch (error) {
        const reason = reasonOf(error);
        events.emit({ event: 'schedules.unregistered', reason });
        await pause(clock, AGAIN_MS, signal);
      }
    }
  }

  private publish(): Promise<void> {
    const { schedules, publisher, by, names = namesFor() } = this.options;
    const body = JSON.stringify({ by, schedules: schedules.map(({ request }) => request) });
    const message = {
      ...{ exchange: '', routingKey: names.submit, mandatory: true, body: Buffer.from(body) },
      ...{ type: SCHEDULES_MESSAGE_TYPE, contentType: 'application/json' },
    };
    return confirmed(publisher, message, 'the schedules');
  }
}
