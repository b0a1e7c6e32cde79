import { randomBytes } from 'node:crypto';
import {
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { type Observable, map, of } from 'rxjs';
import { z } from 'zod';
import { JobsClient, type PayloadOf, RetryAfterError, UnrecoverableError, defineJob } from '../../libs/jobs/src';
import { JobHandler, JobRpcContext, JobsRegistry } from '../../libs/jobs/src/nest';
import { type NestApp, type NestAppOptions, startNestApp } from '../support/nest-app';
import { sharedBroker } from '../support/private-broker';

const payload = z.object({ name: z.string().default('nobody') });
const backoff = { type: 'fixed', delay: 100 } as const;
const Plain = defineJob({ type: 'nest.plain', payload });
const Guarded = defineJob({ type: 'nest.guarded', payload });
const Piped = defineJob({ type: 'nest.piped', payload });
const Wrapped = defineJob({ type: 'nest.wrapped', payload });
const Filtered = defineJob({ type: 'nest.filtered', payload });
const Scoped = defineJob({ type: 'nest.scoped', payload });
const Flaky = defineJob({ type: 'nest.flaky', payload, backoff });
const Hopeless = defineJob({ type: 'nest.hopeless', payload, backoff });
const InCode = defineJob({ type: 'nest.in-code', payload });

class Closed extends Error {
  override name = 'Closed';
}

@Injectable()
class OnlyFriends implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { tenant } = context.switchToRpc().getContext<JobRpcContext>();
    if (tenant === 'enemy') throw new UnrecoverableError('not for enemies');
    return tenant === 'friend';
  }
}

@Injectable()
class Shout implements PipeTransform {
  transform(value: unknown): unknown {
    const named = value as { name?: string };
    return named.name === undefined ? value : { name: named.name.toUpperCase() };
  }
}

@Injectable()
class Exclaim implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value) => `${String(value)}!`));
  }
}

@Catch(Closed)
class WriteOff implements ExceptionFilter {
  catch(error: Closed): Observable<string> {
    return of(`written off: ${error.message}`);
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerJob {
  static made = 0;
  readonly number = ++PerJob.made;
}

@Controller()
class Handlers {
  @EventPattern('nest.plain')
  plain(@Payload() { name }: PayloadOf<typeof Plain>, @Ctx() context: JobRpcContext): string {
    return `${name} ${context.attempt} ${context.priority}`;
  }

  @JobHandler(Guarded)
  @UseGuards(OnlyFriends)
  guarded(): string {
    return 'came in';
  }

  @JobHandler(Piped)
  @UsePipes(Shout)
  piped({ name }: PayloadOf<typeof Piped>): string {
    return name;
  }

  @JobHandler(Wrapped)
  @UseInterceptors(Exclaim)
  wrapped({ name }: PayloadOf<typeof Wrapped>): string {
    return name;
  }

  @JobHandler(Filtered)
  @UseFilters(WriteOff)
  filtered(): never {
    throw new Closed('gone');
  }

  @JobHandler(Flaky)
  flaky(_payload: unknown, context: JobRpcContext): string {
    if (context.attempt === 1) throw new RetryAfterError(150, 'busy');
    return `attempt ${context.attempt}`;
  }

  @JobHandler(Hopeless)
  hopeless(): never {
    throw new Closed('for good');
  }
}

@Controller()
class ScopedHandler {
  constructor(@Inject(PerJob) private readonly perJob: PerJob) {}

  @JobHandler(Scoped)
  scoped(): number {
    return this.perJob.number;
  }
}

describe('Nest handlers on RabbitMQ', () => {
  let nest: NestApp;
  let client: JobsClient;

  beforeAll(async () => {
    const jobs = { urls: sharedBroker().url, prefix: `t${randomBytes(5).toString('hex')}` };
    const options: NestAppOptions = { controllers: [Handlers, ScopedHandler], providers: [PerJob], jobs };
    nest = await startNestApp({
      ...options,
      prepare: (app) => app.get(JobsRegistry).registerHandler(InCode, ({ name }) => `in code, ${name}`),
    });
    client = nest.app.get(JobsClient);
  });
  afterAll(() => nest.app.close());

  /** How the job ended. */
  async function run(job: typeof Plain, name: string, options?: { tenant?: string; attempts?: number }) {
    const { id } = await client.add(job, { name }, options);
    const find = () => nest.seen.find((e) => (e.event === 'completed' || e.event === 'dead') && e.id === id);
    for (const deadline = Date.now() + 20_000; !find();) {
      if (Date.now() > deadline) throw new Error(`${job.type} did not end`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return find();
  }

  it('get payload and context by @Payload() and @Ctx()', async () => {
    await expect(run(Plain, 'Ada')).resolves.toMatchObject({ event: 'completed', result: '"Ada 1 normal"' });
  });

  it('may be registered in code', async () => {
    await expect(run(InCode, 'Ada')).resolves.toMatchObject({ result: '"in code, Ada"' });
  });

  it('are guarded', async () => {
    await expect(run(Guarded, 'x', { tenant: 'friend' })).resolves.toMatchObject({ result: '"came in"' });
    const stranger = run(Guarded, 'x', { tenant: 'stranger', attempts: 1 });
    await expect(stranger).resolves.toMatchObject({ event: 'dead', failure: { message: 'Forbidden resource' } });
    const enemy = run(Guarded, 'x', { tenant: 'enemy' });
    await expect(enemy).resolves.toMatchObject({ event: 'dead', reason: 'unrecoverable', attempt: 1 });
  });

  it('have their pipes and interceptors', async () => {
    await expect(run(Piped, 'Ada')).resolves.toMatchObject({ result: '"ADA"' });
    await expect(run(Wrapped, 'Ada')).resolves.toMatchObject({ result: '"Ada!"' });
  });

  it('have their exception filters', async () => {
    await expect(run(Filtered, 'x')).resolves.toMatchObject({ event: 'completed', result: '"written off: gone"' });
  });

  it('of request scope are made for each job', async () => {
    const results = [await run(Scoped, 'x'), await run(Scoped, 'x')];
    expect(results).toEqual([expect.objectContaining({ result: '1' }), expect.objectContaining({ result: '2' })]);
  });

  it('are tried again through the ladder, after the wait that the error says', async () => {
    await expect(run(Flaky, 'x')).resolves.toMatchObject({ event: 'completed', attempt: 2, result: '"attempt 2"' });
    expect(nest.seen).toContainEqual(expect.objectContaining({ event: 'retrying', type: 'nest.flaky', delayMs: 150 }));
  });

  it('lose neither class nor stack of what they throw', async () => {
    const dead = await run(Hopeless, 'x', { attempts: 2 });
    expect(dead).toMatchObject({
      event: 'dead',
      attempt: 2,
      reason: 'attempts_exhausted',
      failure: { name: 'Closed' },
    });
    expect(JSON.stringify(dead)).toContain('nest-transport.spec');
  });
});
