import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { buildProducer } from '../../apps/producer/src/build-producer';
import { amqpBroker, namesFor, planTopology } from '../../libs/jobs/src';
import { type Answer, type ApiWorld, apiWorld, expectProblem } from '../support/api';
import { type AppTestHome, appTestHome, keptLog } from '../support/apps';
import { until } from '../support/until';

describe('POST /api/v1/jobs', () => {
  let world: ApiWorld;
  let app: NestFastifyApplication;
  let token: string;
  beforeAll(async () => {
    world = await apiWorld();
    ({ app, token } = world);
  });
  afterAll(() => world.close());

  const post = (body: unknown, headers: Record<string, string> = {}, url = '/api/v1/jobs'): Promise<Answer> =>
    app.inject({
      method: 'POST',
      url,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      payload: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const welcome = { type: 'email.welcome', payload: { to: 'ada@example.org', name: 'Ada' } };

  it('puts the job into the queue of its type and says which', async () => {
    const answer = await post(welcome);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      type: 'email.welcome',
      queue: 'email',
      state: expect.stringMatching(/^(accepted|waiting)$/),
    });
    await until('the job in its queue', async () => (await depth('email', 'normal')) > 0);
  });

  it('takes options, and keeps a custom id as key', async () => {
    const options = {
      id: 'welcome-4711',
      delay: '1h',
      priority: 'high',
      attempts: 2,
      tags: ['a'],
      backoff: { type: 'fixed', delay: '5s' },
    };
    const answer = await post({ ...welcome, options });
    expect(answer.json()).toMatchObject({ key: 'welcome-4711', state: 'delayed' });
    const again = await post({ ...welcome, options });
    expect(again.json()).toEqual({ ...answer.json<object>(), duplicate: true });
  });

  it('takes a delay until a moment', async () => {
    const later = await post({ ...welcome, options: { delay: '2099-01-01T00:00:00Z' } });
    expect(later.json()).toMatchObject({ state: 'delayed' });
    const past = await post({ ...welcome, options: { delay: '2001-01-01T00:00:00+01:00' } });
    expect(past.json()).toMatchObject({ state: expect.stringMatching(/^(accepted|waiting)$/) });
  });

  describe('without the admin token', () => {
    it.each([
      ['no header', {}],
      ['a wrong token', { authorization: 'Bearer wrong' }],
      ['an empty token', { authorization: 'Bearer ' }],
      ['another scheme', { authorization: 'Basic YWRtaW46YWRtaW4=' }],
    ])('answers 401 (%s)', async (_name, headers: Record<string, string>) => {
      for (const url of ['/api/v1/jobs', '/api/v1/jobs/batch']) {
        const payload = JSON.stringify(welcome);
        const answer = await app.inject({
          method: 'POST',
          url,
          headers: { 'content-type': 'application/json', ...headers },
          payload,
        });
        expectProblem(answer, 401, { code: 'token_missing_or_wrong', hint: expect.stringContaining('admin.token') });
        expect(answer.headers['www-authenticate']).toBe('Bearer realm="scutwork"');
      }
    });
  });

  it('keeps its token in a file that only its owner can read', async () => {
    expect(token).toMatch(/^[\w-]{43}$/);
    expect((await stat(join(world.home.dataDir, 'admin.token'))).mode & 0o777).toBe(0o600);
  });

  it.each([
    [422, 'payload_invalid', 'payload.to', { ...welcome, payload: { to: 'nobody', name: 'Ada' } }],
    [422, 'request_invalid', 'payload', { type: 'email.welcome' }],
    [422, 'type_unknown', 'type', { type: 'email.unheard-of', payload: {} }],
    [422, 'type_unknown', 'type', { type: '__proto__', payload: {} }],
    [422, 'type_unknown', 'type', { type: 'constructor', payload: {} }],
    [422, 'request_invalid', 'type', { payload: {} }],
    [422, 'request_invalid', 'type', { type: 4, payload: {} }],
    [422, 'request_invalid', 'paylod', { ...welcome, paylod: 1 }],
    [422, 'request_invalid', 'options.dellay', { ...welcome, options: { dellay: 5 } }],
    [
      422,
      'request_invalid',
      'options.backoff.dealy',
      { ...welcome, options: { backoff: { type: 'fixed', delay: 1, dealy: 2 } } },
    ],
    [422, 'request_invalid', 'options.backoff.type', { ...welcome, options: { backoff: { type: 'quadratic' } } }],
    [422, 'request_invalid', 'options.backoff', { ...welcome, options: { backoff: true } }],
    [422, 'request_invalid', 'options.attempts', { ...welcome, options: { attempts: 'many' } }],
    [422, 'attempts_invalid', 'options.attempts', { ...welcome, options: { attempts: 0 } }],
    [422, 'delay_invalid', 'options.delay', { ...welcome, options: { delay: -5 } }],
    [422, 'delay_invalid', 'options.delay', { ...welcome, options: { delay: 'soon' } }],
    [422, 'timeout_invalid', 'options.timeout', { ...welcome, options: { timeout: 0 } }],
    [422, 'priority_invalid', 'options.priority', { ...welcome, options: { priority: 99 } }],
    [422, 'request_invalid', 'options.priority', { ...welcome, options: { priority: 'urgent' } }],
    [422, 'expiry_invalid', 'options.expiresAt', { ...welcome, options: { expiresAt: 'tomorrow' } }],
    [422, 'request_invalid', 'options.id', { ...welcome, options: { id: '' } }],
    [422, 'request_invalid', 'options.tags[0]', { ...welcome, options: { tags: [''] } }],
    [422, 'request_invalid', 'body', [welcome]],
    [422, 'request_invalid', 'body', '"text"'],
    [422, 'request_invalid', 'body', 'null'],
    [400, 'json_invalid', 'body', '{"type":'],
    [400, 'json_invalid', 'body', ''],
    [400, 'json_invalid', 'body', '{"type":"email.welcome","payload":{"__proto__":{"admin":true}}}'],
    [422, 'request_invalid', 'payload', { type: 'email.welcome' }],
    [
      422,
      'retention_invalid',
      'options.retention.failed.last',
      { ...welcome, options: { retention: { failed: { last: -1 } } } },
    ],
    [422, 'keep_invalid', 'options.keepFor', { ...welcome, options: { keepFor: 1, retention: { completed: 1 } } }],
    // Too large, and wrong besides: what it is told first is the limit.
    [413, 'payload_too_large', 'payload', { ...welcome, payload: { name: 'x'.repeat(1_100_000) } }],
    [413, 'payload_too_large', 'payload', { ...welcome, payload: { ...welcome.payload, more: 'x'.repeat(1_100_000) } }],
    [413, 'body_too_large', 'body', `"${'x'.repeat(33 * 1_024 * 1_024)}"`],
  ])('answers %i %s naming %s (%#)', async (status, code, field, body) => {
    expectProblem(await post(body), status, { code, field, hint: expect.any(String) });
  });

  it('says how large a payload may be', async () => {
    const answer = await post({ ...welcome, payload: { ...welcome.payload, more: 'x'.repeat(1_100_000) } });
    expect(answer.json()).toMatchObject({ limitBytes: 1_048_576, detail: expect.stringContaining('1048576') });
  });

  it('names every field at fault', async () => {
    const answer = await post({ payload: {}, options: { dellay: 1, attempts: 'x' } });
    const { errors } = answer.json<{ errors: { field: string }[] }>();
    expect(errors.map(({ field }) => field)).toEqual(['type', 'options.attempts', 'options.dellay']);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])('takes no %s', async (type) => {
    expectProblem(await post('type=email.welcome', { 'content-type': type }), 415, { code: 'media_type_unsupported' });
  });

  it('has no other routes', async () => {
    const answer = await app.inject({
      url: '/api/v1/nothing?token=secret',
      headers: { authorization: `Bearer ${token}` },
    });
    expectProblem(answer, 404, { code: 'route_unknown', detail: 'There is no GET /api/v1/nothing' });
  });

  it('sends the headers that browsers want', async () => {
    const answer = await app.inject({ url: '/health/live' });
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.any(String),
    });
  });

  describe('batch', () => {
    const batch = (body: unknown) => post(body, {}, '/api/v1/jobs/batch');

    it('takes many jobs, and gives their ids in order', async () => {
      const jobs = Array.from({ length: 2_500 }, (_, i) => ({ ...welcome, options: { id: `batch-${i}` } }));
      const answer = await batch({ jobs });
      expect(answer.statusCode).toBe(202);
      const { ids, duplicates } = answer.json<{ ids: string[]; duplicates: number[] }>();
      expect(duplicates).toEqual([]);
      expect(new Set(ids).size).toBe(2_500);
      const again = await batch({ jobs: [welcome, jobs[2]] });
      expect(again.json()).toEqual({ ids: [expect.any(String), ids[2]], duplicates: [1] });
    });

    it.each([
      ['payload_invalid', 'jobs[1].payload.to', { jobs: [welcome, { ...welcome, payload: { name: 'x' } }] }],
      ['type_unknown', 'jobs[1].type', { jobs: [welcome, { type: 'no.such', payload: {} }] }],
      ['delay_invalid', 'jobs[0].options.delay', { jobs: [{ ...welcome, options: { delay: 'x' } }] }],
      ['request_invalid', 'jobs[0].optoins', { jobs: [{ ...welcome, optoins: {} }] }],
      ['request_invalid', 'jobs', { jobs: [] }],
      ['request_invalid', 'jobs', {}],
      ['request_invalid', 'jobs', { jobs: Array.from({ length: 10_001 }, () => welcome) }],
    ])('with a mistake is refused as a whole: %s, %s', async (code, field, body) => {
      const jobs = () => world.db.database.query('select count(*) from jobs');
      const before = await jobs();
      expectProblem(await batch(body), 422, { code, field });
      expect(await jobs()).toEqual(before);
    });
  });

  it('logs no payload and no token', () => {
    expect(JSON.stringify(world.lines)).not.toMatch(/ada@example.org/);
    expect(JSON.stringify(world.lines)).not.toContain(token);
  });

  async function depth(queue: string, priority: 'normal'): Promise<number> {
    const { amqpUrls, prefix } = world.home.config({ DATABASE_URL: world.db.url });
    const names = namesFor(prefix);
    const broker = amqpBroker({ urls: amqpUrls, names });
    await broker.start();
    await broker.apply(planTopology({ names, queues: [queue] }));
    const found = await broker.depth(names.work(queue, priority));
    await broker.stop();
    return found?.messages ?? 0;
  }
});

describe('a producer', () => {
  let home: AppTestHome;
  beforeEach(() => (home = appTestHome()));
  afterEach(() => home.remove());

  it('refuses to start with a token that can be guessed', async () => {
    await writeFile(join(home.dataDir, 'admin.token'), 'secret');
    const build = buildProducer(home.config(), keptLog().logger);
    await expect(build).rejects.toMatchObject({ code: 'configuration_invalid', field: 'admin.token' });
  });
});
