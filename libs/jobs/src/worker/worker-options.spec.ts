import { memoryBroker } from '../broker/memory/memory-broker';
import { Handlers } from './handlers';
import { type QueueOptions, resolveWorkerOptions } from './worker-options';

const handlers = new Handlers();
handlers.register('email.welcome', () => undefined);
const resolve = (queues: Record<string, QueueOptions> = {}, concurrency?: number) =>
  resolveWorkerOptions({ broker: memoryBroker(), handlers, queues, concurrency });

test('what is left out has the default that the documentation names', () => {
  const settings = resolve();
  expect([...settings.queues]).toEqual([['email', { concurrency: 5, prefetch: 10, mode: 'strict', weight: 10 }]]);
  expect(settings).toMatchObject({
    ...{ queueType: 'quorum', records: 'on', spoolAfterMs: 3_000, maxResultBytes: 1_048_576, poisonAfter: 3 },
    ...{ consumerTimeoutMs: 1_800_000, unknownTypeMs: 600_000 },
    defaults: { priority: 'normal', maxAttempts: 3, timeoutMs: 300_000 },
  });
});

test('a queue takes its own value, else that of the worker', () => {
  const settings = resolve({ report: { concurrency: 2 }, email: { prefetch: 50, mode: 'weighted', weight: 3 } }, 8);
  expect(settings.queues.get('report')).toMatchObject({ concurrency: 2, prefetch: 4 });
  expect(settings.queues.get('email')).toEqual({ concurrency: 8, prefetch: 50, mode: 'weighted', weight: 3 });
});

test('no more is prefetched than a quorum queue allows', () => {
  expect(resolve({ email: { concurrency: 1_500 } }).queues.get('email')).toMatchObject({ prefetch: 2_000 });
});

test('every mistake is named at once', () => {
  const queues = {
    email: { concurrency: 0, prefetch: 2_001, weight: 1 },
    report: { concurrency: 1.5, mode: 'fair' as 'strict' },
  };
  expect(() => resolve(queues)).toThrow(
    expect.objectContaining({
      code: 'configuration_invalid',
      field: 'queues.email.concurrency',
      message: expect.stringMatching(
        /email\.concurrency.*email\.prefetch.*email\.weight.*report\.concurrency.*report\.mode/,
      ),
    }),
  );
});

test('a worker without handlers has nothing to do, and says so', () => {
  expect(() => resolveWorkerOptions({ broker: memoryBroker(), handlers: new Handlers() })).toThrow(/no handler/);
});
