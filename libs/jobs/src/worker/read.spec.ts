import { z } from 'zod';
import { arrived, settingsWith } from '../../../../test/support/delivered';
import { defineJob } from '../contracts/define-job';
import { Handlers } from './handlers';

const Welcome = defineJob({
  type: 'email.welcome',
  payload: z.object({}),
  attempts: 7,
  backoff: 500,
  timeout: '1m',
});

function knowing(): ReturnType<typeof settingsWith> {
  const handlers = new Handlers();
  handlers.register(Welcome, () => undefined);
  return settingsWith({ handlers, defaults: { maxAttempts: 2 } });
}

describe('the type of a message', () => {
  test('is its type property', () => {
    expect(arrived({ type: 'email.welcome', routingKey: 'email.x' }).job.type).toBe('email.welcome');
  });

  test('is its routing key where it has no type property', () => {
    expect(arrived({ routingKey: 'email.welcome' }).job.type).toBe('email.welcome');
  });

  test.each(['com.example.welcome', 'WelcomeEvent', 'report.daily', ''])(
    'is its routing key where the type property is %p, which is no type of its queue',
    (type) => {
      expect(arrived({ type, routingKey: 'email.welcome' }).job.type).toBe('email.welcome');
    },
  );

  test('is the pattern of a packet that a stock client put straight into the queue', () => {
    const packet = { routingKey: 'jobs.email.normal', place: { queue: 'email' } };
    expect(arrived({ ...packet, body: '{"pattern":"email.welcome","data":{}}' }).job.type).toBe('email.welcome');
    expect(arrived({ ...packet, body: '{"pattern":"report.daily","data":{}}' }).job.type).toBe('jobs.email.normal');
  });

  test('that this worker does not know is kept', () => {
    const run = arrived({ type: 'email.newsletter' });
    expect([run.job.type, run.known]).toEqual(['email.newsletter', undefined]);
  });
});

describe('the policy of a run', () => {
  test('is what the headers say, before the definition, before the defaults of the worker', () => {
    const headers = { 'x-job-max-attempts': 9, 'x-job-timeout': 10 };
    expect(arrived({ headers }, knowing()).policy).toEqual({
      priority: 'normal',
      maxAttempts: 9,
      backoff: { type: 'fixed', delayMs: 500, jitter: 0 },
      timeoutMs: 10,
    });
    expect(arrived({}, knowing()).policy).toMatchObject({ maxAttempts: 7, timeoutMs: 60_000 });
    expect(arrived({ type: 'email.unknown' }, knowing()).policy).toMatchObject({ maxAttempts: 2, timeoutMs: 300_000 });
  });

  test('has the priority of the queue that it came from, whatever a header says', () => {
    const headers = { 'x-job-priority': 'critical' };
    expect(arrived({ headers, place: { priority: 'low' } }).job.priority).toBe('low');
  });

  test('has the priority that a suspect came with', () => {
    const suspect = { suspect: true, priority: 'normal' as const };
    expect(arrived({ headers: { 'x-job-priority': 'critical' }, place: suspect }).policy.priority).toBe('critical');
    expect(arrived({ headers: { 'x-job-priority': 'urgent' }, place: suspect }).policy.priority).toBe('normal');
  });
});

test('a header that cannot be read is a fault of the run, and the rest is at its defaults', () => {
  const run = arrived({ headers: { 'x-job-attempt': 'x', 'x-job-tenant': 'acme' } });
  expect(run.fault).toMatchObject({ field: 'x-job-attempt' });
  expect(run.job).toMatchObject({ attempt: 1, tenant: undefined });
});
