import { Controller, Inject, Injectable, OnModuleInit, Scope } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload, RequestContext } from '@nestjs/microservices';
import { REQUEST } from '@nestjs/core';
import { Observable, of } from 'rxjs';
import { z } from 'zod';
import { type NestApp, type NestAppOptions, startNestApp } from '../../../../test/support/nest-app';
import { JobsClient } from '../client/jobs-client';
import { PayloadOf, defineJob } from '../contracts/define-job';
import type { JobContext } from '../worker/context';
import { JobHandler, JobRpcContext, JobServer, JobsRegistry } from './index';

const Greet = defineJob({
  type: 'greet.person',
  payload: z.object({ name: z.string().trim(), shout: z.boolean().default(false) }),
  result: z.string(),
});
const Part = defineJob({ type: 'greet.part', payload: z.object({ name: z.string() }), attempts: 1 });
const Slow = defineJob({ type: 'greet.slow', payload: z.object({}), attempts: 1, timeout: 20 });

describe('a decorated method', () => {
  let running: NestApp | undefined;
  const start = async (options: NestAppOptions): Promise<NestApp & { client: JobsClient }> => {
    running = await startNestApp(options);
    return { ...running, client: running.app.get(JobsClient) };
  };
  afterEach(async () => {
    await running?.app.close();
    running = undefined;
  });

  it('gets the checked payload and the context, and its return value is the result', async () => {
    @Controller()
    class Greeter {
      @JobHandler(Greet)
      async greet(payload: PayloadOf<typeof Greet>, context: JobContext): Promise<string> {
        context.progress(50);
        return `${context.attempt}/${context.maxAttempts} ${payload.shout ? 'HELLO' : 'hello'} ${payload.name}`;
      }
    }
    const { client, until } = await start({ controllers: [Greeter] });
    await client.add(Greet, { name: '  Ada ' });
    await expect(until('completed')).resolves.toMatchObject({ result: '"1/3 hello Ada"' });
    await expect(until('progressed')).resolves.toMatchObject({ progress: '50' });
  });

  it('may name its parameters, and take a part of the payload', async () => {
    @Controller()
    class Greeter {
      @EventPattern('greet.part')
      greet(@Ctx() context: JobRpcContext, @Payload('name') name: string): unknown {
        return { name, pattern: context.getPattern(), id: context.id, attempt: context.attempt, queue: context.queue };
      }
    }
    const { client, until } = await start({ controllers: [Greeter] });
    const { id } = await client.add(Part, { name: 'Ada' });
    const { result } = await until('completed');
    expect(JSON.parse(result ?? '')).toEqual({ name: 'Ada', pattern: 'greet.part', id, attempt: 1, queue: 'greet' });
  });

  it('with a plain pattern has its payload checked when the definition is known', async () => {
    @Controller()
    class Greeter {
      @EventPattern('greet.person')
      greet(payload: unknown): unknown {
        return payload;
      }
    }
    const { client, until } = await start({ controllers: [Greeter], jobs: { jobs: [Greet] } });
    await client.add(Greet, { name: 'Ada' });
    await expect(until('completed')).resolves.toMatchObject({ result: '{"name":"Ada","shout":false}' });
  });

  it('may return an Observable: its last value is the result', async () => {
    @Controller()
    class Greeter {
      @JobHandler(Greet)
      greet(): Observable<string> {
        return of('one', 'two');
      }
    }
    const { client, until } = await start({ controllers: [Greeter] });
    await client.add(Greet, { name: 'Ada' });
    await expect(until('completed')).resolves.toMatchObject({ result: '"two"' });
  });

  it('has its Observable unsubscribed when the time of the attempt is over', async () => {
    let cleanedUp = false;
    @Controller()
    class Greeter {
      @JobHandler(Slow)
      greet(): Observable<never> {
        return new Observable(() => () => (cleanedUp = true));
      }
    }
    const { client, until } = await start({ controllers: [Greeter] });
    await client.add(Slow, {});
    await expect(until('dead')).resolves.toMatchObject({ failure: { name: 'TimeoutError' } });
    expect(cleanedUp).toBe(true);
  });

  it('of a request-scoped class runs on an instance of its own for each attempt', async () => {
    let instances = 0;
    @Injectable({ scope: Scope.REQUEST })
    class PerJob {
      readonly number = ++instances;
      constructor(@Inject(REQUEST) readonly request: RequestContext<unknown, JobRpcContext>) {}
    }
    @Controller()
    class Greeter {
      constructor(private readonly perJob: PerJob) {}
      @JobHandler(Part)
      greet(): unknown {
        const { number, request } = this.perJob;
        return { number, id: request.context?.id, pattern: request.pattern, data: request.data };
      }
    }
    const { client, until } = await start({ controllers: [Greeter], providers: [PerJob] });
    const first = await client.add(Part, { name: 'Ada' });
    await until('completed', 1);
    const second = await client.add(Part, { name: 'Bob' });
    await until('completed', 2);
    const results = await Promise.all(
      [1, 2].map(async (n) => JSON.parse((await until('completed', n)).result ?? '') as unknown),
    );
    expect(results).toEqual([
      { number: 1, id: first.id, pattern: 'greet.part', data: { name: 'Ada' } },
      { number: 2, id: second.id, pattern: 'greet.part', data: { name: 'Bob' } },
    ]);
  });

  it('runs no more jobs of its type at a time than it allows', async () => {
    let most = 0;
    let now = 0;
    @Controller()
    class Greeter {
      @JobHandler(Part, { concurrency: 2 })
      async greet(): Promise<void> {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        now--;
      }
    }
    const { client, until } = await start({ controllers: [Greeter], jobs: { concurrency: 10 } });
    await client.addMany(
      Part,
      Array.from({ length: 30 }, () => ({ payload: { name: 'Ada' } })),
    );
    await until('completed', 30);
    expect(most).toBe(2);
  });

  it('can have a handler registered in code beside it', async () => {
    @Injectable()
    class InCode implements OnModuleInit {
      constructor(private readonly registry: JobsRegistry) {}
      onModuleInit(): void {
        this.registry.registerHandler(Greet, ({ name }) => `hi ${name}`);
      }
    }
    const { client, until, app } = await start({ providers: [InCode] });
    await client.add(Greet, { name: 'Ada' });
    await expect(until('completed')).resolves.toMatchObject({ result: '"hi Ada"' });
    const late = () => app.get(JobsRegistry).registerHandler('greet.late', () => undefined);
    expect(late).toThrow('after the worker had started');
  });

  it('for replies is left to other transports', async () => {
    @Controller()
    class Mixed {
      @MessagePattern({ cmd: 'sum' })
      sum(): number {
        return 1;
      }
      @EventPattern('greet.part')
      greet(): unknown {
        return undefined;
      }
    }
    const { app } = await start({ controllers: [Mixed] });
    expect([...app.get(JobServer).getHandlers().keys()]).toEqual(['greet.part']);
  });
});

describe('at boot', () => {
  const boot = (options: NestAppOptions) => startNestApp(options);

  it('two handlers of one type are refused, by name', async () => {
    @Controller()
    class One {
      @JobHandler(Greet)
      greet(): string {
        return '';
      }
    }
    @Controller()
    class Two {
      @EventPattern('greet.person')
      greet(): unknown {
        return undefined;
      }
    }
    await expect(boot({ controllers: [One, Two] })).rejects.toMatchObject({
      code: 'duplicate_handler',
      field: 'greet.person',
    });
  });

  it('a pattern that is no job type is refused, with the way out', async () => {
    @Controller()
    class Foreign {
      @EventPattern('user_created')
      on(): unknown {
        return undefined;
      }
    }
    await expect(boot({ controllers: [Foreign] })).rejects.toMatchObject({
      code: 'job_type_invalid',
      field: 'user_created',
      hint: expect.stringContaining('Transport.TCP'),
    });
  });

  it('a handler in a provider, which Nest would never call, is refused', async () => {
    @Injectable()
    class NotAController {
      @JobHandler(Greet)
      greet(): string {
        return '';
      }
    }
    await expect(boot({ providers: [NotAController] })).rejects.toMatchObject({
      code: 'handler_missing',
      field: 'NotAController.greet',
      hint: expect.stringContaining('@Controller()'),
    });
  });

  it('a configured queue without a handler is refused', async () => {
    @Controller()
    class Greeter {
      @JobHandler(Greet)
      greet(): string {
        return '';
      }
    }
    const jobs = { queues: { greet: {}, grete: { concurrency: 2 } } };
    await expect(boot({ controllers: [Greeter], jobs })).rejects.toMatchObject({
      code: 'handler_missing',
      field: 'queues.grete',
    });
  });
});
