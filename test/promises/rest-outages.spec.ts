import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildProducer } from '../../apps/producer/src/build-producer';
import type { OpenApi } from '../../apps/producer/src/openapi/describe';
import { expectProblem } from '../support/api';
import { appTestHome, keptLog } from '../support/apps';
import { startOwnPostgres } from '../support/database';
import { until } from '../support/until';

const welcome = { type: 'email.welcome', payload: { to: 'ada@example.org', name: 'Ada' } };

const bodies: Record<string, object> = {
  '/api/v1/jobs': welcome,
  '/api/v1/jobs/batch': { jobs: [welcome] },
  '/api/v1/jobs/bulk': { action: 'cancel', filter: {} },
  '/api/v1/jobs/{id}/reschedule': { delay: 1_000 },
  '/api/v1/jobs/{id}/priority': { priority: 'low' },
  '/api/v1/queues/{queue}/clean': { state: 'dead' },
  '/api/v1/dead-letters/redrive': { filter: {} },
  '/api/v1/dead-letters/discard': { filter: {} },
  '/api/v1/api-keys': { name: 'a', role: 'viewer' },
  '/api/v1/queues/{queue}/concurrency': { most: 1 },
  '/api/v1/schedules': { name: 'every-day', cron: '@daily', ...welcome },
};

const cronSecret = 'cron-secret-made-for-this-test';

describe('a producer whose database is away', () => {
  test('says so in a problem document wherever it needs it, lives on, and goes on by itself', async () => {
    const [home, postgres] = [appTestHome(), await startOwnPostgres()];
    const { logger, lines } = keptLog();
    const app = await buildProducer(home.config({ DATABASE_URL: postgres.url, CRON_SECRET: cronSecret }), logger);
    await app.init();
    const headers = { authorization: `Bearer ${await readFile(join(home.dataDir, 'admin.token'), 'utf8')}` };
    const add = () => app.inject({ method: 'POST', url: '/api/v1/jobs', headers, payload: welcome });
    await until('the ledger to be there', async () => (await add()).statusCode === 202);
    const { paths } = (await app.inject({ url: '/api/v1/openapi.json', headers })).json<OpenApi>();

    await postgres.kill();
    for (const [path, operations] of Object.entries(paths)) {
      if (['/me', '/openapi.json', '/schedules/preview'].some((end) => path.endsWith(end))) continue;
      for (const method of Object.keys(operations)) {
        const answer = await app.inject({
          method: method.toUpperCase() as 'GET',
          url: path.replaceAll(/\{\w+\}/g, '0198a1f0-0000-7000-8000-000000000000'),
          headers,
          ...(['post', 'put', 'patch'].includes(method) ? { payload: bodies[path] ?? {} } : {}),
        });
        expect([method, path, answer.statusCode]).toEqual([method, path, 503]);
        expectProblem(answer, 503, { code: 'database_unreachable', hint: expect.any(String) });
        expect(answer.headers['retry-after']).toBe('5');
      }
    }
    // An API key can be asked of nobody: that is no 401.
    const key = { authorization: `Bearer sck_${'0'.repeat(16)}_${'x'.repeat(43)}` };
    expectProblem(await app.inject({ url: '/api/v1/queues', headers: key }), 503, { code: 'database_unreachable' });
    const ready = await app.inject({ url: '/health/ready' });
    expect([ready.statusCode, ready.json()]).toMatchObject([503, { error: { ledger: { status: 'down' } } }]);
    expect((await app.inject({ url: '/health/live' })).statusCode).toBe(200);
    const password = new URL(postgres.url).password;
    expect(JSON.stringify(lines)).not.toContain(password);

    await postgres.restart();
    await until('jobs to be taken again', async () => (await add()).statusCode === 202);
    await until('health', async () => (await app.inject({ url: '/health/ready' })).statusCode === 200);
    await app.close();
    await postgres.stop();
    home.remove();
  }, 120_000);

  test('starts all the same, and begins when the database comes', async () => {
    const [home, postgres] = [appTestHome(), await startOwnPostgres()];
    await postgres.kill();
    const app = await buildProducer(home.config({ DATABASE_URL: postgres.url }), keptLog().logger);
    await app.init();
    const headers = { authorization: `Bearer ${await readFile(join(home.dataDir, 'admin.token'), 'utf8')}` };
    const add = () => app.inject({ method: 'POST', url: '/api/v1/jobs', headers, payload: welcome });
    expectProblem(await add(), 503, { code: 'database_unreachable' });
    await postgres.restart();
    await until('jobs to be taken', async () => (await add()).statusCode === 202);
    await app.close();
    await postgres.stop();
    home.remove();
  });
});

describe('a producer whose broker is away', () => {
  test('takes jobs, which can be read at once', async () => {
    const [home, postgres] = [appTestHome(), await startOwnPostgres()];
    const env = { DATABASE_URL: postgres.url, AMQP_URL: 'amqp://user:hunter2@127.0.0.1:1' };
    const app = await buildProducer(home.config(env), keptLog().logger);
    await app.init();
    const headers = { authorization: `Bearer ${await readFile(join(home.dataDir, 'admin.token'), 'utf8')}` };
    const add = () => app.inject({ method: 'POST', url: '/api/v1/jobs', headers, payload: welcome });
    await until('the ledger to be there', async () => (await add()).statusCode === 202);
    const { id } = (await add()).json<{ id: string }>();
    const job = await app.inject({ url: `/api/v1/jobs/${id}`, headers });
    expect(job.json()).toMatchObject({ id, type: 'email.welcome', payload: welcome.payload, attempts: [] });
    // Nothing but health needs the broker: what is told to it waits.
    const { paths } = (await app.inject({ url: '/api/v1/openapi.json', headers })).json<OpenApi>();
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of Object.keys(operations)) {
        if (path.endsWith('/events')) continue;
        const url = path
          .replace('{queue}', 'email')
          .replace('{type}', 'email.welcome')
          .replaceAll(/\{\w+\}/g, id);
        const payload = method === 'post' ? { payload: bodies[path] ?? {} } : {};
        const answer = await app.inject({ method: method.toUpperCase() as 'GET', url, headers, ...payload });
        expect([method, path, answer.statusCode < 500]).toEqual([method, path, true]);
      }
    }
    const ready = await app.inject({ url: '/health/ready' });
    expect([ready.statusCode, ready.json()]).toMatchObject([503, { error: { broker: { status: 'down' } } }]);
    expect(ready.body).not.toContain('hunter2');
    const closingAt = Date.now();
    await app.close();
    expect(Date.now() - closingAt).toBeLessThan(15_000);
    await postgres.stop();
    home.remove();
  });
});
