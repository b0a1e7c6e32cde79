import { JOB_SERVICE, type JobService } from '../../apps/producer/src/job-service/job-service';
import { Welcome } from '../../apps/workers/src/jobs';
import { type ApiWorld, apiWorld } from '../support/api';
import { until } from '../support/until';

describe('the JobService', () => {
  let world: ApiWorld;
  let jobs: JobService;
  beforeAll(async () => {
    world = await apiWorld();
    jobs = world.app.get<JobService>(JOB_SERVICE);
  });
  afterAll(() => world.close());

  const ada = { to: 'ada@example.org', name: 'Ada' };

  test('adds jobs, by definition, by name and by template, and finds them', async () => {
    const one = await jobs.schedule(Welcome, ada, { delay: '1h', tags: ['one'] });
    const mail = await jobs.scheduleEmail('welcome', ada, { delay: '1h', tags: ['one'] });
    const many = await jobs.scheduleMany(
      [1, 2].map(() => ({ type: 'email.welcome', payload: ada, options: { delay: '1h' } })),
    );
    expect(await jobs.getJobStatus(one.id)).toMatchObject({ id: one.id, state: 'delayed', payload: ada });
    const { items } = await jobs.getJobs({ filter: { tag: 'one' } });
    expect(items.map(({ id }) => id).sort()).toEqual([one.id, mail.id].sort());
    const bulk = await jobs.scheduleBulkEmail('welcome', [ada, { ...ada, name: 'Grace' }], { delay: '1h' });
    expect((await jobs.getJobStatus(bulk[1]?.id ?? '')).payload).toMatchObject({ name: 'Grace' });
    await until('the numbers', async () => (await jobs.getQueueStats('email')).delayed === 6);
    expect(many).toHaveLength(2);
    await expect(jobs.schedule('email.welcome', { to: 'nobody' })).rejects.toMatchObject({
      field: expect.stringMatching(/^payload\./),
    });
  });

  test('cancels a job and runs it again', async () => {
    const { id } = await jobs.schedule('email.welcome', ada, { delay: '1d' });
    await jobs.cancelJob(id);
    await until('the end', async () => (await jobs.getJobStatus(id)).state === 'cancelled');
    expect((await jobs.retryJob(id)).state).not.toBe('cancelled');
    await expect(jobs.retryJob('no-such-job')).rejects.toMatchObject({ code: 'job_not_found' });
    const audit = (await world.call({ path: '/audit?actor=service' })).json<{ items: { target: string }[] }>();
    expect(audit.items.map(({ target }) => target)).toEqual([id, id]);
  });

  test('works jobs here by a handler in code, once it is started; pauses and resumes their queue', async () => {
    const greeted: string[] = [];
    jobs.registerHandler(Welcome, ({ name }) => {
      greeted.push(name);
      return { messageId: '1', accepted: [] };
    });
    await jobs.start();
    const { id } = await jobs.schedule(Welcome, { ...ada, name: 'Grace' });
    await until('its record', async () => (await jobs.getJobStatus(id)).state === 'completed');
    expect(await jobs.getJobStatus(id)).toMatchObject({ result: { messageId: '1' }, attempts: [{ end: 'completed' }] });
    expect(greeted).toContain('Grace');
    expect(() => jobs.registerHandler('email.late', () => undefined)).toThrow(
      expect.objectContaining({ code: 'configuration_invalid' }),
    );

    await jobs.pauseQueue('email');
    expect((await jobs.getQueueStats('email')).paused).toBe(true);
    await jobs.resumeQueue('email');
    expect((await jobs.getQueueStats('email')).paused).toBe(false);
    await jobs.stop();
  });
});
