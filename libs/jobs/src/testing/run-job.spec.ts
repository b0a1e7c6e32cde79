import { z } from 'zod';
import { defineJob } from '../contracts/define-job';
import { RetryAfterError } from '../contracts/errors';
import type { JobContext } from '../worker/context';
import { runJob } from './index';

const Resize = defineJob({
  type: 'image.resize',
  payload: z.object({ file: z.string(), width: z.number().default(100) }),
  result: z.object({ width: z.number(), at: z.string() }),
  attempts: 2,
  priority: 'low',
  backoff: { type: 'fixed', delay: '10s' },
});

describe('running one handler', () => {
  it('gives the payload after its schema, a real context, and the result as JSON makes it', async () => {
    let context: JobContext | undefined;
    const run = await runJob(
      Resize,
      ({ width }, given) => {
        context = given;
        return { width, at: new Date(0).toISOString(), left: undefined };
      },
      { file: 'a.png' },
      { id: 'mine', tags: ['x'], tenant: 'acme', correlationId: 'c', attempt: 2 },
    );
    expect(run).toEqual({
      outcome: 'completed',
      result: { width: 100, at: '1970-01-01T00:00:00.000Z' },
      logs: [],
      progress: [],
    });
    expect(context).toMatchObject({ key: 'mine', tags: ['x'], tenant: 'acme', correlationId: 'c', attempt: 2 });
    expect([context?.maxAttempts, context?.priority, context?.queue]).toEqual([2, 'low', 'image']);
  });

  it('tells what the handler said', async () => {
    const run = await runJob(
      Resize,
      (_, context) => {
        context.log('warn', 'large', { mb: 7 });
        context.progress(10);
        context.progress({ of: 3 });
        return { width: 1, at: '' };
      },
      { file: 'a.png' },
    );
    expect(run.logs).toEqual([{ level: 'warn', message: 'large', fields: { mb: 7 } }]);
    expect(run.progress).toEqual([10, { of: 3 }]);
  });

  it('tells what was thrown, and what a worker would do about it', async () => {
    const error = new TypeError('broken');
    const fail = () => {
      throw error;
    };
    expect(await runJob(Resize, fail, { file: 'a' })).toMatchObject({ outcome: 'retrying', delayMs: 10_000, error });
    const last = await runJob(Resize, fail, { file: 'a' }, { attempt: 2 });
    expect(last).toMatchObject({ outcome: 'dead', reason: 'attempts_exhausted', failure: { name: 'TypeError' } });
    const later = await runJob(Resize, () => Promise.reject(new RetryAfterError(5)), { file: 'a' });
    expect(later).toMatchObject({ outcome: 'retrying', delayMs: 5 });
  });

  it('lets a result that is no JSON fail, as it would in production', async () => {
    const run = await runJob(Resize, () => ({ width: 1n }) as never, { file: 'a' });
    expect(run).toMatchObject({ outcome: 'retrying', failure: { code: 'result_not_json' } });
  });

  it('refuses what add would refuse', async () => {
    const ok = () => ({ width: 1, at: '' });
    await expect(runJob(Resize, ok, { file: 7 as never })).rejects.toMatchObject({ code: 'payload_invalid' });
    await expect(runJob(Resize, ok, { file: 'a' }, { timeout: 'soon' })).rejects.toMatchObject({
      code: 'timeout_invalid',
    });
  });

  it('ends at its timeout', async () => {
    const run = await runJob(Resize, () => new Promise(() => undefined), { file: 'a' }, { timeout: 20 });
    expect(run).toMatchObject({ outcome: 'retrying', failure: { name: 'TimeoutError' } });
  });

  it('aborts its signal when the test says so, before or during the run', async () => {
    const waits = (_: unknown, { signal }: JobContext): Promise<never> =>
      new Promise((_resolve, reject) => {
        if (signal.aborted) reject(signal.reason as Error);
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    const during = new AbortController();
    const running = runJob(Resize, waits, { file: 'a' }, { signal: during.signal });
    setImmediate(() => during.abort(new Error('stop')));
    expect(await running).toMatchObject({ outcome: 'retrying', failure: { message: 'stop' } });
    const before = AbortSignal.abort(new Error('stopped before'));
    const late = await runJob(Resize, waits, { file: 'a' }, { signal: before });
    expect(late).toMatchObject({ failure: { message: 'stopped before' } });
  });
});
