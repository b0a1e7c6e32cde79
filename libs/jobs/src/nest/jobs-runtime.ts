import { pino } from 'pino';
import type { Broker } from '../broker/broker';
import { amqpBroker } from '../broker/amqp/amqp-broker';
import { JobsClient } from '../client/jobs-client';
import { ConfigurationError } from '../contracts/errors';
import { EventBus } from '../events/event-bus';
import { logEvents } from '../events/log-subscriber';
import { DEFAULT_STOP_DEADLINE_MS } from '../lifecycle/service';
import type { Schedule } from '../scheduling/define-schedule';
import { ScheduleRegistration } from '../scheduling/register';
import { namesFor } from '../topology/names';
import { JobServer } from './job-server';
import type { JobsModuleOptions } from './jobs-options';
import type { JobsRegistry } from './jobs.registry';

const DEFAULT_URL = 'amqp://127.0.0.1:5672';

/** What one application has of this library, made from its options. Nothing is started here. */
export interface JobsRuntime {
  autoStart: boolean;
  shutdownDeadlineMs: number;
  broker: Broker;
  events: EventBus;
  client: JobsClient;
  server: JobServer;
  /** Makes schedules known to the ledger; to be started. */
  registration: (schedules: readonly Schedule[]) => ScheduleRegistration;
  /** Why the queues could not be made as they must be. */
  topologyFault?: Error;
}

/** @throws ConfigurationError naming the option at fault */
export function makeRuntime(options: JobsModuleOptions, registry: JobsRegistry): JobsRuntime {
  const { broker: given, urls, prefix, jobs, declare, maxPayloadBytes, appId, publisher, log, ...rest } = options;
  const { schedules: declared = [], recurring = true, ...more } = rest;
  const { autoStart = true, shutdownDeadlineMs = DEFAULT_STOP_DEADLINE_MS, events = new EventBus(), ...worker } = more;
  if (given && urls !== undefined) {
    throw new ConfigurationError('configuration_invalid', 'JobsModule got both a broker and urls', {
      field: 'urls',
      hint: 'Give one of the two: urls for RabbitMQ, or a broker of your own.',
    });
  }
  if (log !== false) logEvents(events, log ?? pino({ name: 'jobs' }));
  registry.define(jobs ?? []);
  const names = namesFor(prefix);
  const broker = given ?? amqpBroker({ urls: [urls ?? DEFAULT_URL].flat(), names, events, clock: worker.clock });
  const { records, queueType, clock } = worker;
  const shared = { broker, names, events, records, queueType, clock };
  const client = new JobsClient({ ...shared, jobs: registry.all(), declare, maxPayloadBytes, appId, publisher });
  const server = new JobServer({
    broker,
    events,
    registry,
    autoStart,
    shutdownDeadlineMs,
    worker: { ...worker, names, declare },
  });
  const registration = (decorated: readonly Schedule[]): ScheduleRegistration => {
    const schedules = recurring ? [...declared, ...decorated] : [];
    return new ScheduleRegistration({
      ...{ schedules, publisher: broker.publisher(), by: appId ?? 'app' },
      ...{ names, events, clock },
    });
  };
  return { autoStart, shutdownDeadlineMs, broker, events, client, server, registration };
}
