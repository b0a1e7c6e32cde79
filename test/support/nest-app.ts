import type { ModuleMetadata } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { type EventName, EventBus, type ScutworkEvent } from '../../libs/jobs/src';
import { memoryBroker } from '../../libs/jobs/src/broker/memory/memory-broker';
import { type ConnectJobsOptions, JobsModule, type JobsModuleOptions, connectJobs } from '../../libs/jobs/src/nest';

export interface NestAppOptions extends Pick<ModuleMetadata, 'imports' | 'controllers' | 'providers'> {
  jobs?: JobsModuleOptions;
  connect?: ConnectJobsOptions;
  /** Called between making and connecting the app, e.g. to set global filters. */
  prepare?: (app: NestFastifyApplication) => void;
}

export interface NestApp {
  app: NestFastifyApplication;
  seen: ScutworkEvent[];
  /** The `count`-th event of that name, waited for if need be. */
  until<N extends EventName>(name: N, count?: number): Promise<Extract<ScutworkEvent, { event: N }>>;
}

/** A hybrid Nest app over Fastify whose handlers take jobs, from a memory broker where no other is given. */
export async function startNestApp({ jobs = {}, connect, prepare, ...metadata }: NestAppOptions): Promise<NestApp> {
  const events = new EventBus();
  const broker: Partial<Pick<JobsModuleOptions, 'broker'>> = jobs.urls ? {} : { broker: jobs.broker ?? memoryBroker() };
  const root = JobsModule.forRoot({ log: false, events, ...jobs, ...broker });
  const module = await Test.createTestingModule({
    ...metadata,
    imports: [...(metadata.imports ?? []), root],
  }).compile();
  const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  app.useLogger(false);
  const seen: ScutworkEvent[] = [];
  events.onAny((event) => seen.push(event));
  try {
    prepare?.(app);
    connectJobs(app, connect);
    await app.init();
    await app.startAllMicroservices();
  } catch (error) {
    await app.close();
    throw error;
  }
  return { app, seen, until: untilSeen(events, seen) };
}

/** Waits for facts that a bus states. */
export function untilSeen(events: EventBus, seen: readonly ScutworkEvent[], deadlineMs = 20_000): NestApp['until'] {
  return (name, count = 1) =>
    new Promise((resolve, reject) => {
      const find = () =>
        seen.filter((event): event is Extract<ScutworkEvent, { event: typeof name }> => event.event === name)[
          count - 1
        ];
      const already = find();
      if (already) return resolve(already);
      const timer = setTimeout(() => {
        off();
        reject(
          new Error(
            `no ${name} (${count}) within ${deadlineMs} ms; seen: ${seen.map((event) => event.event).join(', ')}`,
          ),
        );
      }, deadlineMs);
      const off = events.onAny(() => {
        const found = find();
        if (!found) return;
        clearTimeout(timer);
        off();
        resolve(found);
      });
    });
}
