import {
  BadRequestException,
  CallHandler,
  CanActivate,
  Catch,
  Controller,
  ExceptionFilter,
  ExecutionContext,
  Get,
  Inject,
  Injectable,
  NestInterceptor,
  PipeTransform,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { RpcException } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { EMPTY, Observable, lastValueFrom, of, tap, throwError } from 'rxjs';
import { z } from 'zod';
import { type NestApp, type NestAppOptions, startNestApp } from '../../../../test/support/nest-app';
import { JobsClient } from '../client/jobs-client';
import { defineJob } from '../contracts/define-job';
import { RetryAfterError, UnrecoverableError } from '../contracts/errors';
import { memoryBroker } from '../broker/memory/memory-broker';
import { JobHandler, JobRpcContext, JobServer, JobsModule } from './index';

const Once = defineJob({ type: 'try.once', payload: z.object({}).loose(), attempts: 1 });
const Often = defineJob({ type: 'try.often', payload: z.object({}), attempts: 5 });

class CardDeclined extends Error {
  override name = 'CardDeclined';
}

let running: NestApp | undefined;
const run = async (job: typeof Once | typeof Often, options: NestAppOptions, payload = {}): Promise<NestApp> => {
  running = await startNestApp(options);
  await running.app.get(JobsClient).add(job, payload);
  return running;
};
afterEach(async () => {
  await running?.app.close();
  running = undefined;
});

/** A controller whose handler does what `act` does. */
function trying(act: () => unknown) {
  @Controller()
  class Trying {
    @JobHandler(Once)
    once(): unknown {
      return act();
    }
    @JobHandler(Often)
    often(): unknown {
      return act();
    }
    @Get('boom')
    boom(): never {
      throw new BadRequestException('over HTTP');
    }
  }
  return Trying;
}

const declined = (): never => {
  throw new CardDeclined('insufficient funds');
};

describe('what a handler throws', () => {
  it('reaches the worker with its class and its stack', async () => {
    const { until } = await run(Once, { controllers: [trying(declined)] });
    const { failure } = await until('dead');
    expect(failure).toMatchObject({ name: 'CardDeclined', message: 'insufficient funds' });
    expect(failure.stack).toContain('nest-errors.spec');
  });

  it('also when it comes through an Observable', async () => {
    const { until } = await run(Once, { controllers: [trying(() => throwError(() => new CardDeclined('later')))] });
    await expect(until('dead')).resolves.toMatchObject({ failure: { name: 'CardDeclined' } });
  });

  it('as UnrecoverableError ends the job at once', async () => {
    const unrecoverable = () => {
      throw new UnrecoverableError('the account was closed');
    };
    const { until } = await run(Often, { controllers: [trying(unrecoverable)] });
    await expect(until('dead')).resolves.toMatchObject({ attempt: 1, reason: 'unrecoverable' });
  });

  it('as RetryAfterError chooses the wait', async () => {
    const later = () => {
      throw new RetryAfterError(321);
    };
    const { until } = await run(Often, { controllers: [trying(later)] });
    await expect(until('retrying')).resolves.toMatchObject({ delayMs: 321 });
  });

  it('in a request-scoped dependency fails the attempt with that error', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Faulty {
      constructor() {
        declined();
      }
    }
    @Controller()
    class Trying {
      constructor(@Inject(Faulty) private readonly faulty: Faulty) {}
      @JobHandler(Once)
      once(): unknown {
        return this.faulty;
      }
    }
    const { until } = await run(Once, { controllers: [Trying], providers: [Faulty] });
    await expect(until('dead')).resolves.toMatchObject({ failure: { name: 'CardDeclined' } });
  });
});

describe('a guard', () => {
  it('sees the job, and one that says no fails the attempt', async () => {
    const ids: string[] = [];
    @Injectable()
    class No implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        ids.push(context.switchToRpc().getContext<JobRpcContext>().type);
        return false;
      }
    }
    @Controller()
    @UseGuards(No)
    class Trying extends trying(() => 'never') {}
    const { until } = await run(Once, { controllers: [Trying] });
    await expect(until('dead')).resolves.toMatchObject({ failure: { message: 'Forbidden resource' } });
    expect(ids).toEqual(['try.once']);
  });

  it('that throws UnrecoverableError ends the job at once', async () => {
    class Closed implements CanActivate {
      canActivate(): never {
        throw new UnrecoverableError('tenant is suspended');
      }
    }
    const { until } = await run(Often, { controllers: [trying(() => 'never')], connect: { guards: [new Closed()] } });
    await expect(until('dead')).resolves.toMatchObject({ attempt: 1, reason: 'unrecoverable' });
  });

  it('that is global for HTTP does not apply to jobs', async () => {
    class NeedsToken implements CanActivate {
      canActivate(): boolean {
        return false;
      }
    }
    const { until, app } = await run(Once, {
      controllers: [trying(() => 'ran')],
      providers: [{ provide: APP_GUARD, useClass: NeedsToken }],
    });
    await expect(until('completed')).resolves.toMatchObject({ result: '"ran"' });
    expect((await app.inject({ url: '/boom' })).statusCode).toBe(403);
  });

  it('that is global applies to jobs as well when the configuration of the app is inherited', async () => {
    class NeedsToken implements CanActivate {
      canActivate(): boolean {
        return false;
      }
    }
    const { until } = await run(Once, {
      controllers: [trying(() => 'ran')],
      providers: [{ provide: APP_GUARD, useClass: NeedsToken }],
      connect: { inheritAppConfig: true },
    });
    await expect(until('dead')).resolves.toMatchObject({ failure: { message: 'Forbidden resource' } });
  });
});

describe('a pipe', () => {
  it('changes the payload', async () => {
    class AddName implements PipeTransform {
      transform(value: unknown, { type }: { type: string }): unknown {
        return type === 'body' && typeof value === 'object' ? { ...value, added: true } : value;
      }
    }
    @Controller()
    class Trying {
      @JobHandler(Once)
      @UsePipes(AddName)
      once(payload: Record<string, unknown>): unknown {
        return payload;
      }
    }
    const { until } = await run(Once, { controllers: [Trying] }, { name: 'Ada' });
    await expect(until('completed')).resolves.toMatchObject({ result: '{"name":"Ada","added":true}' });
  });

  it('that throws fails the attempt with that error', async () => {
    class Refuse implements PipeTransform {
      transform(): never {
        throw new UnrecoverableError('no such customer');
      }
    }
    const { until } = await run(Often, { controllers: [trying(() => 'never')], connect: { pipes: [new Refuse()] } });
    await expect(until('dead')).resolves.toMatchObject({ attempt: 1, failure: { message: 'no such customer' } });
  });
});

describe('an interceptor', () => {
  it('wraps the handler, may change its result, and sees its errors', async () => {
    const heard: string[] = [];
    class Listening implements NestInterceptor {
      intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
        heard.push(`before ${context.getType()}`);
        return next.handle().pipe(tap({ error: (error: Error) => heard.push(error.name) }));
      }
    }
    @Controller()
    @UseInterceptors(Listening)
    class Trying extends trying(declined) {}
    const { until } = await run(Once, { controllers: [Trying] });
    await expect(until('dead')).resolves.toMatchObject({ failure: { name: 'CardDeclined' } });
    expect(heard).toEqual(['before rpc', 'CardDeclined']);
  });
});

describe('an exception filter of the user', () => {
  @Catch(CardDeclined)
  class Complete implements ExceptionFilter {
    catch(): Observable<unknown> {
      return of('written off');
    }
  }
  @Catch(CardDeclined)
  class CompleteEmpty implements ExceptionFilter {
    catch(): Observable<never> {
      return EMPTY;
    }
  }
  @Catch(CardDeclined)
  class GiveUp implements ExceptionFilter {
    catch(error: CardDeclined): Observable<never> {
      return throwError(() => new UnrecoverableError(`gave up: ${error.message}`));
    }
  }

  it('that returns a value completes the job with it', async () => {
    @Controller()
    @UseFilters(Complete)
    class Trying extends trying(declined) {}
    const { until } = await run(Often, { controllers: [Trying] });
    await expect(until('completed')).resolves.toMatchObject({ result: '"written off"' });
  });

  it('that returns nothing to come completes the job without a result', async () => {
    const { until } = await run(Often, {
      controllers: [trying(declined)],
      connect: { filters: [new CompleteEmpty()] },
    });
    expect((await until('completed')).result).toBeUndefined();
  });

  it('that throws another error decides by that error', async () => {
    const { until } = await run(Often, { controllers: [trying(declined)], connect: { filters: [new GiveUp()] } });
    await expect(until('dead')).resolves.toMatchObject({
      attempt: 1,
      failure: { message: 'gave up: insufficient funds' },
    });
  });

  it('for another class of errors leaves them alone', async () => {
    const other = () => {
      throw new TypeError('not a card');
    };
    const { until } = await run(Once, { controllers: [trying(other)], connect: { filters: [new Complete()] } });
    await expect(until('dead')).resolves.toMatchObject({ failure: { name: 'TypeError' } });
  });

  it('that is global in an inherited configuration takes its errors, and others keep their class', async () => {
    const other = () => {
      throw new RetryAfterError(234, 'busy');
    };
    const inherited = { connect: { inheritAppConfig: true }, providers: [{ provide: APP_FILTER, useClass: Complete }] };
    const first = await run(Once, { ...inherited, controllers: [trying(declined)] });
    await expect(first.until('completed')).resolves.toMatchObject({ result: '"written off"' });
    await first.app.close();
    const second = await run(Often, { ...inherited, controllers: [trying(other)] });
    await expect(second.until('retrying')).resolves.toMatchObject({ delayMs: 234, failure: { message: 'busy' } });
  });
});

describe('HTTP errors', () => {
  it.each([false, true])('stay as Nest makes them (inheritAppConfig: %s)', async (inheritAppConfig) => {
    const { app } = await run(Once, { controllers: [trying(() => 'ran')], connect: { inheritAppConfig } });
    const answer = await app.inject({ url: '/boom' });
    expect(answer.json()).toEqual({ statusCode: 400, message: 'over HTTP', error: 'Bad Request' });
    expect((await app.inject({ url: '/nowhere' })).statusCode).toBe(404);
  });
});

describe('Nest by itself, without connectJobs', () => {
  it('replaces what a handler throws by a message that says nothing', async () => {
    const imports = [JobsModule.forRoot({ broker: memoryBroker(), log: false })];
    const module = await Test.createTestingModule({ imports, controllers: [trying(declined)] }).compile();
    const app = module.createNestApplication(new FastifyAdapter());
    app.useLogger(false);
    app.connectMicroservice({ strategy: app.get(JobServer) });
    const answer: unknown = await app.get(JobServer).getHandlers().get('try.once')?.({});
    await expect(lastValueFrom(answer as Observable<unknown>)).rejects.toEqual({
      status: 'error',
      message: 'Internal server error',
    });
  });
});

describe('an RpcException', () => {
  it('reaches the worker as it was thrown', async () => {
    const refused = () => {
      throw new RpcException('quota');
    };
    const { until } = await run(Once, { controllers: [trying(refused)] });
    await expect(until('dead')).resolves.toMatchObject({
      failure: { message: 'quota', stack: expect.stringContaining('nest-errors.spec') },
    });
  });
});
