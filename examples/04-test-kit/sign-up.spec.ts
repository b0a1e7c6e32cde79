import { Handlers, type JobsClient, defineJob } from '@scutwork/jobs';
import { runJob, testJobs } from '@scutwork/jobs/testing';
import { z } from 'zod';

const Welcome = defineJob({
  type: 'email.welcome',
  payload: z.object({ to: z.string() }),
  backoff: '10s',
});

/** The code under test: it adds a job. */
async function signUp(jobs: JobsClient, to: string): Promise<void> {
  await jobs.add(Welcome, { to }, { delay: '1h' });
}

// #region enqueued
test('who signs up is welcomed an hour later', async () => {
  const sent: string[] = [];
  const handlers = new Handlers();
  handlers.register(Welcome, ({ to }) => void sent.push(to));
  const kit = await testJobs({ handlers });

  await signUp(kit.client, 'ada@example.org');
  kit.expectEnqueued(Welcome, { to: 'ada@example.org' }, { delayMs: 3_600_000 });

  await kit.advance('59m');
  expect(sent).toEqual([]);
  await kit.advance('1m');
  expect(sent).toEqual(['ada@example.org']);
  await kit.stop();
});
// #endregion

// #region retries
test('a mail server that is away is tried again', async () => {
  let calls = 0;
  const handlers = new Handlers();
  handlers.register(Welcome, () => {
    if (++calls === 1) throw new Error('no route to the mail server');
  });
  const kit = await testJobs({ handlers });
  await kit.client.add(Welcome, { to: 'ada@example.org' });
  const runs = await kit.advance('1m');
  expect(runs.map(({ outcome }) => outcome)).toEqual(['retrying', 'completed']);
  await kit.stop();
});
// #endregion

// #region one-handler
test('one handler alone, at its last attempt', async () => {
  const sendWelcome = (): never => {
    throw new Error('no such address');
  };
  const run = await runJob(Welcome, sendWelcome, { to: 'nobody' }, { attempt: 3 });
  expect(run).toMatchObject({ outcome: 'dead', reason: 'attempts_exhausted' });
});
// #endregion
