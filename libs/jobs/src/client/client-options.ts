import type { Broker, PublisherOptions } from '../broker/broker';
import { type AnyJob, type JobCatalog, catalogOf } from '../contracts/define-job';
import { type EventSink, silentEvents } from '../events/event-bus';
import { type Clock, systemClock } from '../lifecycle/clock';
import { FarDelays } from '../topology/far-delays';
import { type Names, namesFor } from '../topology/names';
import type { QueueType } from '../topology/plan';

export interface JobsClientOptions {
  broker: Broker;
  /** Definitions this client adds by name, and whose queues it declares. Others can be added by definition all the same. */
  jobs?: readonly AnyJob[];
  /** Whether `start` makes the queues of `jobs` exist. Default true; false for a user without the permission to configure. */
  declare?: boolean;
  names?: Names;
  queueType?: QueueType;
  /** Whether what was added is recorded for a ledger. Default `on`; without a ledger the records vanish in the broker. */
  records?: 'on' | 'off';
  events?: EventSink;
  /** Largest payload in bytes of JSON. Default 1 MiB. */
  maxPayloadBytes?: number;
  /** Name of this application in the message's `appId`. */
  appId?: string;
  /** Window, buffer and deadline of publishing. */
  publisher?: PublisherOptions;
  clock?: Clock;
}

export interface ClientSettings extends Required<Omit<JobsClientOptions, 'jobs' | 'appId' | 'publisher'>> {
  catalog: JobCatalog;
  appId: string | undefined;
  publisher: PublisherOptions;
  far: FarDelays;
}

export function resolveClientOptions(options: JobsClientOptions): ClientSettings {
  const names = options.names ?? namesFor();
  return {
    broker: options.broker,
    far: new FarDelays(names),
    catalog: catalogOf(options.jobs ?? []),
    declare: options.declare ?? true,
    names,
    queueType: options.queueType ?? 'quorum',
    records: options.records ?? 'on',
    events: options.events ?? silentEvents,
    maxPayloadBytes: options.maxPayloadBytes ?? 1_048_576,
    appId: options.appId,
    publisher: options.publisher ?? {},
    clock: options.clock ?? systemClock,
  };
}
