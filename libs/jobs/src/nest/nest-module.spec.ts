import { Controller, DynamicModule, Global, Inject, Injectable, Module, OnModuleDestroy } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { startNestApp } from '../../../../test/support/nest-app';
import type { Broker } from '../broker/broker';
import { memoryBroker } from '../broker/memory/memory-broker';
import { JobsClient } from '../client/jobs-client';
import { defineJob } from '../contracts/define-job';
import { EventBus } from '../events/event-bus';
import type { JobContext } from '../worker/context';
import { JOBS_BROKER, JobHandler, JobServer, JobsHealthIndicator, JobsModule, JobsOrchestrator } from './index';

const Work = defineJob({ type: 'work.hard', payload: z.object({}) });
const Other = defineJob({ type: 'other.thing', payload: z.object({}) });

describe('JobsModule', () => {
  const boot = async (imports: (DynamicModule | (new () => object))[]) => {
    const module = await Test.createTestingModule({ imports }).compile();
    return module.init();
  };

  it('gives client, bus and broker to any provider of any module', async () => {
    @Injectable()
    class Shop {
      constructor(
        readonly client: JobsClient,
        readonly events: EventBus,
        @Inject(JOBS_BROKER) readonly broker: Broker,
      ) {}
    }
    @Module({ providers: [Shop] })
    class ShopModule {}
    const broker = memoryBroker();
    const module = await boot([JobsModule.forRoot({ broker, log: false }), ShopModule]);
    const shop = module.get(Shop, { strict: false });
    expect(shop.broker).toBe(broker);
    expect(shop.events).toBeInstanceOf(EventBus);
    await module.close();
    expect(broker.state.name).toBe('stopped');
  });

  it('takes its options from other providers', async () => {
    const broker = memoryBroker();
    @Module({ providers: [{ provide: 'config', useValue: { broker } }], exports: ['config'] })
    class ConfigModule {}
    const module = await boot([
      JobsModule.forRootAsync({
        imports: [ConfigModule],
        inject: ['config'],
        useFactory: async (config: { broker: Broker }) => ({ broker: config.broker, jobs: [Work], log: false }),
      }),
    ]);
    await expect(module.get(JobsClient).addNamed('work.hard', {})).resolves.toMatchObject({ type: 'work.hard' });
    await module.close();
  });

  it('knows the job types of every feature module, however often each is imported', async () => {
    @Module({ imports: [JobsModule.forFeature([Other])] })
    class FeatureModule {}
    const module = await boot([
      JobsModule.forRoot({ broker: memoryBroker(), jobs: [Work], log: false }),
      FeatureModule,
      JobsModule.forFeature([Other, Work]),
    ]);
    const client = module.get(JobsClient);
    await expect(client.addNamed('other.thing', {})).resolves.toMatchObject({ queue: 'other' });
    await expect(client.addNamed('work.hard', {})).resolves.toMatchObject({ queue: 'work' });
    await module.close();
  });

  it('refuses two definitions of one type', async () => {
    const again = defineJob({ type: 'work.hard', payload: z.object({ more: z.string() }) });
    const imports = [
      JobsModule.forRoot({ broker: memoryBroker(), jobs: [Work], log: false }),
      JobsModule.forFeature([again]),
    ];
    await expect(boot(imports)).rejects.toMatchObject({ code: 'configuration_invalid', field: 'work.hard' });
  });

  it('imported twice with equal options is one client over one connection', async () => {
    const options = { broker: memoryBroker(), jobs: [Work], log: false } as const;
    @Module({ imports: [JobsModule.forRoot({ ...options })] })
    class FeatureModule {}
    const module = await boot([JobsModule.forRoot({ ...options }), FeatureModule]);
    const clients = module.get(JobsClient, { each: true, strict: false });
    expect(new Set(clients).size).toBe(1);
    await module.close();
  });

  it('imported twice with different options is refused', async () => {
    const imports = [1_000, 2_000].map((ms) =>
      JobsModule.forRoot({ broker: memoryBroker(), log: false, shutdownDeadlineMs: ms }),
    );
    await expect(boot(imports)).rejects.toMatchObject({ code: 'configuration_invalid', field: 'JobsModule' });
  });

  it('refuses a broker and urls at once', async () => {
    const options = { broker: memoryBroker(), urls: 'amqp://127.0.0.1', log: false } as const;
    await expect(boot([JobsModule.forRoot(options)])).rejects.toMatchObject({
      code: 'configuration_invalid',
      field: 'urls',
    });
  });

  it('starts nothing by itself when told so', async () => {
    @Controller()
    class Worker {
      @JobHandler(Work)
      work(): unknown {
        return undefined;
      }
    }
    const { app, until, seen } = await startNestApp({
      controllers: [Worker],
      jobs: { autoStart: false, jobs: [Work] },
    });
    expect(app.get(JobServer).worker?.state).toBe('new');
    expect(seen).toEqual([]);
    await app.get(JobsOrchestrator).start();
    await app.get(JobsClient).add(Work, {});
    await until('completed');
    await app.close();
  });
});

describe('shutting down', () => {
  /** A handler that runs until it is let go. */
  function held() {
    let letGo: () => void = () => undefined;
    const freed = new Promise<void>((resolve) => (letGo = resolve));
    const log: string[] = [];
    @Controller()
    class Worker {
      @JobHandler(Work)
      async work(_payload: object, context: JobContext): Promise<void> {
        log.push('started');
        await Promise.race([freed, new Promise((resolve) => context.signal.addEventListener('abort', resolve))]);
        log.push(context.signal.aborted ? 'aborted' : 'ended');
      }
    }
    return { Worker, log, letGo: () => letGo() };
  }

  it('lets the running job end before what it needs is taken away, and takes no other', async () => {
    const { Worker, log, letGo } = held();
    @Injectable()
    class Database implements OnModuleDestroy {
      onModuleDestroy(): void {
        log.push('database closed');
      }
    }
    @Global()
    @Module({ providers: [Database] })
    class DatabaseModule {}
    const { app, until, seen } = await startNestApp({
      controllers: [Worker],
      imports: [DatabaseModule],
      jobs: { concurrency: 1, jobs: [Work] },
    });
    const client = app.get(JobsClient);
    await client.add(Work, {});
    await until('started');
    await client.add(Work, {});
    const closed = app.close();
    letGo();
    await closed;
    expect(log).toEqual(['started', 'ended', 'database closed']);
    expect(seen.filter(({ event }) => event === 'completed')).toHaveLength(1);
    expect(seen.at(-1)).toMatchObject({ event: 'worker.stopped' });
  });

  it('aborts and hands back at the deadline what did not end, and may be asked twice', async () => {
    const { Worker, log } = held();
    const { app, until } = await startNestApp({ controllers: [Worker], jobs: { shutdownDeadlineMs: 5, jobs: [Work] } });
    await app.get(JobsClient).add(Work, {});
    await until('started');
    await Promise.all([app.close(), app.get(JobServer).close()]);
    await app.get(JobServer).close();
    expect(log).toEqual(['started', 'aborted']);
    await expect(until('worker.stopped')).resolves.toMatchObject({ handedBack: 1 });
  });
});

describe('health', () => {
  it('follows the connection: down at once when the broker goes, up again when it is back', async () => {
    @Controller()
    class Worker {
      @JobHandler(Work)
      work(): unknown {
        return undefined;
      }
    }
    const broker = memoryBroker();
    const { app, until } = await startNestApp({ controllers: [Worker], jobs: { broker } });
    const health = app.get(JobsHealthIndicator);
    expect(health.broker()).toEqual({ broker: { status: 'up', state: 'connected', version: expect.any(String) } });
    expect(health.consumers()).toEqual({ consumers: { status: 'up', state: 'running', queues: ['work'] } });

    broker.goAway('pulled the plug');
    expect(health.broker('rabbitmq')).toMatchObject({ rabbitmq: { status: 'down', state: 'connecting' } });
    expect(health.consumers()).toMatchObject({ consumers: { status: 'down' } });

    broker.comeBack();
    await app.get(JobsClient).add(Work, {});
    await until('completed');
    expect(health.broker()).toMatchObject({ broker: { status: 'up' } });
    expect(health.consumers()).toMatchObject({ consumers: { status: 'up' } });
    await app.close();
    expect(health.consumers()).toMatchObject({ consumers: { status: 'down', state: 'stopped' } });
  });

  it('stays up during an alarm of the broker, and says so', async () => {
    const broker = memoryBroker();
    const module = await Test.createTestingModule({ imports: [JobsModule.forRoot({ broker, log: false })] }).compile();
    await module.init();
    await broker.apply({ exchanges: [], queues: [], bindings: [] });
    broker.block('memory');
    expect(module.get(JobsHealthIndicator).broker()).toMatchObject({
      broker: { status: 'up', state: 'blocked', reason: 'memory' },
    });
    expect(module.get(JobsHealthIndicator).consumers()).toMatchObject({ consumers: { status: 'down' } });
    await module.close();
  });
});
