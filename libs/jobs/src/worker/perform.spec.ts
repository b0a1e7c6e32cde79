import { z } from 'zod';
import { arrived, settingsWith } from '../../../../test/support/delivered';
import { defineJob } from '../contracts/define-job';
import type { JobEvent } from '../contracts/job-events';
import { type FakeClock, fakeClock } from '../testing/fake-clock';
import type { JobContext } from './context';
import { type Handler, Handlers } from './handlers';
import { type PerformHost, perform } from './perform';

const Welcome = defineJob({
  type: 'email.welcome',
  payload: z.object({ to: z.string().default('ada') }),
  timeout: 1_000,
});

interface Stage {
  clock: FakeClock;
  notes: JobEvent[];
  ignored: number[];
  run(arrival?: Parameters<typeof arrived>[0]): ReturnType<typeof perform>;
}

function stage(handle: Handler, mayStart = true): Stage {
  const clock = fakeClock(0);
  const handlers = new Handlers();
  handlers.register(Welcome, handle);
  const [notes, ignored]: [JobEvent[], number[]] = [[], []];
  const host: PerformHost = {
    worker: 'w1',
    now: () => clock.now(),
    after: (delayMs, action) => clock.after(delayMs, action),
    note: (event) => notes.push(event),
    mayStart: () => mayStart,
    handlerFor: () => handle,
    onStarted: () => undefined,
    onSignalIgnored: (_, runningMs) => ignored.push(runningMs),
  };
  return { clock, notes, ignored, run: (arrival) => perform(arrived(arrival, settingsWith({ handlers })), host) };
}

test('the handler gets the payload as the schema gives it back, and its context', async () => {
  const handle = jest.fn((payload: unknown, context: JobContext) => [payload, context.attempt, context.maxAttempts]);
  const headers = { 'x-job-attempt': 2, 'x-job-tenant': 'acme', 'x-job-tags': 'a,b' };
  const { run } = stage(handle);
  await expect(run({ headers, correlationId: 'c', messageId: 'invoice-4711' })).resolves.toEqual({
    ended: 'returned',
    value: [{ to: 'ada' }, 2, 3],
  });
  expect(handle.mock.calls[0]?.[1]).toMatchObject({
    ...{ id: 'e3e26a4c-847e-861a-853e-18ec51bde5b9', key: 'invoice-4711', type: 'email.welcome', queue: 'email' },
    ...{ priority: 'normal', tags: ['a', 'b'], tenant: 'acme', correlationId: 'c' },
  });
});

test('a handler that returns at once costs no timer', async () => {
  const { run, clock } = stage(() => 1);
  await run();
  expect(clock.timers).toBe(0);
});

test('a handler that ends in time leaves no timer behind, however it ends', async () => {
  for (const end of [async () => 1, async () => Promise.reject(new Error('no'))]) {
    const { run, clock } = stage(end);
    await run();
    expect(clock.timers).toBe(0);
  }
});

test.each([
  ['{"to":', /not JSON/],
  ['', /not JSON/],
  ['{"to":7}', /payload\.to/],
])('a body that is no valid payload is refused, and the handler is not called: %p', async (body, message) => {
  const handle = jest.fn();
  const end = await stage(handle).run({ body });
  expect(end).toMatchObject({
    ended: 'refused',
    error: { code: 'payload_invalid', message: expect.stringMatching(message) },
  });
  expect(handle).not.toHaveBeenCalled();
});

test('a job that may not be started any more once its payload is read is withheld, and the handler is not called', async () => {
  const handle = jest.fn();
  await expect(stage(handle, false).run()).resolves.toEqual({ ended: 'withheld' });
  expect(handle).not.toHaveBeenCalled();
});

test('the packet of a stock Nest client is opened before it is checked', async () => {
  const end = await stage((payload) => payload).run({ body: '{"pattern":"email.welcome","data":{"to":"bob"}}' });
  expect(end).toEqual({ ended: 'returned', value: { to: 'bob' } });
});

test.each([
  [
    'throws',
    () => {
      throw new Error('no');
    },
  ],
  [
    'rejects',
    async () => {
      throw new Error('no');
    },
  ],
])('a handler that %s is heard', async (_, handle) => {
  await expect(stage(handle).run()).resolves.toMatchObject({ ended: 'threw', error: { message: 'no' } });
});

describe('after its timeout', () => {
  const waitsForSignal = (_: unknown, { signal }: JobContext) =>
    new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

  test('an attempt fails and its signal aborts', async () => {
    const { run, clock, ignored } = stage(waitsForSignal);
    const end = run();
    await clock.advance(1_000);
    await expect(end).resolves.toMatchObject({ ended: 'threw', error: { name: 'TimeoutError', timeoutMs: 1_000 } });
    await clock.advance(60_000);
    expect(ignored).toEqual([]);
  });

  test('a handler that goes on is reported, and its slot is free all the same', async () => {
    const { run, clock, ignored } = stage(() => new Promise(() => undefined));
    const end = run();
    await clock.advance(1_000);
    await expect(end).resolves.toMatchObject({ ended: 'threw' });
    await clock.advance(5_000);
    expect(ignored).toEqual([6_000]);
  });

  test('a signal that is first looked at then is aborted already', async () => {
    let context: JobContext | undefined;
    const { run, clock } = stage((_, given) => ((context = given), new Promise(() => undefined)));
    void run();
    await clock.advance(1_000);
    expect(context?.signal.reason).toMatchObject({ name: 'TimeoutError' });
  });
});

test('a heartbeat starts the timeout anew', async () => {
  let context: JobContext | undefined;
  const { run, clock } = stage((_, given) => ((context = given), new Promise(() => undefined)));
  let ended = false;
  void run().then(() => (ended = true));
  for (let beats = 0; beats < 5; beats++) {
    await clock.advance(900);
    context?.heartbeat();
  }
  expect(ended).toBe(false);
  await clock.advance(1_000);
  expect(ended).toBe(true);
});

test('progress and log lines are told as facts of the attempt', async () => {
  const { run, notes } = stage((_, context) => {
    context.progress(40);
    context.progress({ sent: 3 });
    context.progress(undefined);
    context.log('warn', 'x'.repeat(9_000), { to: 'ada' });
  });
  await run();
  expect(notes).toEqual([
    expect.objectContaining({ event: 'progressed', progress: '40', attempt: 1, worker: 'w1' }),
    expect.objectContaining({ event: 'progressed', progress: '{"sent":3}' }),
    expect.objectContaining({ event: 'logged', level: 'warn', message: 'x'.repeat(8_000), fields: '{"to":"ada"}' }),
  ]);
});
