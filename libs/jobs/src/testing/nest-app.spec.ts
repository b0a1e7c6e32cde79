import { Controller, Injectable } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { z } from 'zod';
import { startNestApp } from '../../../../test/support/nest-app';
import { JobsClient } from '../client/jobs-client';
import { defineJob } from '../contracts/define-job';
import { JobHandler } from '../nest';
import type { JobContext } from '../worker/context';
import { testJobs } from './index';

const Welcome = defineJob({ type: 'email.welcome', payload: z.object({ to: z.string() }), attempts: 2 });

@Injectable()
class SignUp {
  constructor(private readonly jobs: JobsClient) {}

  async signUp(to: string): Promise<void> {
    await this.jobs.add(Welcome, { to }, { delay: '10m' });
  }
}

@Controller()
class Mailer {
  @JobHandler(Welcome)
  send(@Payload() { to }: { to: string }, @Ctx() context: JobContext): string {
    if (context.attempt === 1) throw new Error('the mail server is away');
    return `sent to ${to}`;
  }
}

it('the test kit stands in for the broker of a whole Nest application', async () => {
  const kit = await testJobs();
  const { app } = await startNestApp({
    controllers: [Mailer],
    providers: [SignUp],
    jobs: { broker: kit.connect(), clock: kit.clock, events: kit.events, jobs: [Welcome] },
  });
  await app.get(SignUp).signUp('ada@example.org');
  kit.expectEnqueued(Welcome, { to: 'ada@example.org' }, { delayMs: 600_000, times: 1 });

  expect(await kit.drain()).toEqual([]);
  const runs = await kit.advance('11m');
  expect(runs.map(({ outcome, attempt, result }) => [outcome, attempt, result])).toEqual([
    ['retrying', 1, undefined],
    ['completed', 2, 'sent to ada@example.org'],
  ]);
  const closing = app.close();
  await kit.stop();
  await closing;
});
