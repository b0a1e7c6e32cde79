import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { connect as connectAmqp } from 'amqplib';
import { buildProducer } from '../../apps/producer/src/build-producer';
import { amqpBroker, namesFor, planTopology } from '../../libs/jobs/src';
import { type AppTestHome, appTestHome, keptLog } from '../support/apps';

type Answer = Awaited<ReturnType<NestFastifyApplication['inject']>>;

describe('POST /api/v1/jobs', () => {
  let home: AppTestHome;
  let app: NestFastifyApplication;
  let token: string;
  const { logger, lines } = keptLog();

  beforeAll(async () => {
    home = appTestHome();
    app = await buildProducer(home.config(), logger);
    await app.init();
    token = await readFile(join(home.dataDir, 'admin.token'), 'utf8');
    const ready = () => post({ type: 'email.welcome', payload: { to: 'first@example.org', name: 'First' } });
    for (let tries = 0; (await ready()).statusCode !== 202; tries++) if (tries > 20) throw new Error('never ready');
  });
  afterAll(async () => {
    await app.close();
    home.remove();
  });

  const post = (body: unknown, headers: Record<string, string> = {}, url = '/api/v1/jobs'): Promise<Answer> =>
    app.inject({
      method: 'POST',
      url,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      payload: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const welcome = { type: 'email.welcome', payload: { to: 'ada@example.org', name: 'Ada' } };

  function expectProblem(answer: Answer, status: number, members: object): void {
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ status, title: expect.any(String), detail: expect.any(String), ...members });
    expect(answer.statusCode).toBe(status);
    expect(answer.json<{ type: string }>().type).toMatch(/^urn:scutwork:problem:/);
  }

  it('puts the job into the queue of its type and says which', async () => {
    const answer = await post(welcome);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      type: 'email.welcome',
      queue: 'email',
      state: 'waiting',
    });
    expect(await depth('email', 'normal')).toBeGreaterThan(0);
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
    expect(again.json()).toEqual(answer.json());
  });

  it('takes a delay until a moment', async () => {
    const later = await post({ ...welcome, options: { delay: '2099-01-01T00:00:00Z' } });
    expect(later.json()).toMatchObject({ state: 'delayed' });
    const past = await post({ ...welcome, options: { delay: '2001-01-01T00:00:00+01:00' } });
    expect(past.json()).toMatchObject({ state: 'waiting' });
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
    expect((await stat(join(home.dataDir, 'admin.token'))).mode & 0o777).toBe(0o600);
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
    [422, 'id_invalid', 'options.id', { ...welcome, options: { id: '' } }],
    [422, 'tags_invalid', 'options.tags', { ...welcome, options: { tags: [''] } }],
    [422, 'request_invalid', 'body', [welcome]],
    [422, 'request_invalid', 'body', '"text"'],
    [422, 'request_invalid', 'body', 'null'],
    [400, 'json_invalid', 'body', '{"type":'],
    [400, 'json_invalid', 'body', ''],
    [400, 'json_invalid', 'body', '{"type":"email.welcome","payload":{"__proto__":{"admin":true}}}'],
    [413, 'payload_too_large', 'payload', { ...welcome, payload: { ...welcome.payload, more: 'x'.repeat(1_100_000) } }],
    [413, 'body_too_large', 'body', `"${'x'.repeat(33 * 1_024 * 1_024)}"`],
  ])('answers %i %s naming %s (%#)', async (status, code, field, body) => {
    expectProblem(await post(body), status, { code, field, hint: expect.any(String) });
  });

  it('says how large a payload may be', async () => {
    const answer = await post({ ...welcome, payload: { ...welcome.payload, more: 'x'.repeat(1_100_000) } });
    expect(answer.json<{ detail: string }>().detail).toContain('1048576 are the most');
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
      const { ids, failures } = answer.json<{ ids: string[]; failures: unknown[] }>();
      expect(failures).toEqual([]);
      expect(new Set(ids).size).toBe(2_500);
      const [third] = (await batch({ jobs: [jobs[2]] })).json<{ ids: string[] }>().ids;
      expect(third).toBe(ids[2]);
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
      const before = await depth('email', 'normal');
      expectProblem(await batch(body), 422, { code, field });
      expect(await depth('email', 'normal')).toBe(before);
    });
  });

  it('logs no payload and no token', () => {
    expect(JSON.stringify(lines)).not.toMatch(/ada@example.org/);
    expect(JSON.stringify(lines)).not.toContain(token);
  });

  async function depth(queue: string, priority: 'normal'): Promise<number> {
    const { amqpUrls, prefix } = home.config();
    const names = namesFor(prefix);
    const broker = amqpBroker({ urls: amqpUrls, names });
    await broker.start();
    await broker.apply(planTopology({ names, queues: [queue] }));
    const found = await broker.depth(names.work(queue, priority));
    await broker.stop();
    return found?.messages ?? 0;
  }
});

describe('a batch of which the broker takes a part', () => {
  it('is answered 207: the ids in order, and what was not taken', async () => {
    const home = appTestHome();
    const app = await buildProducer(home.config(), keptLog().logger);
    await app.init();
    const token = await readFile(join(home.dataDir, 'admin.token'), 'utf8');
    const send = (priorities: string[]) => {
      const jobs = priorities.map((priority) => ({
        type: 'email.welcome',
        payload: { to: 'ada@example.org', name: 'Ada' },
        options: { priority },
      }));
      const headers = { authorization: `Bearer ${token}` };
      return app.inject({ method: 'POST', url: '/api/v1/jobs/batch', headers, payload: { jobs } });
    };
    expect((await send(['low', 'normal'])).statusCode).toBe(202);
    await removeQueue(home, 'low');

    const part = await send(['normal', 'low', 'high']);
    expect(part.statusCode).toBe(207);
    const { ids, failures } = part.json<{ ids: string[]; failures: { index: number; id: string }[] }>();
    expect(failures).toEqual([
      expect.objectContaining({ index: 1, id: ids[1], code: 'no_queue', outcome: 'refused', hint: expect.any(String) }),
    ]);
    const none = await send(['low', 'low']);
    expect(none.statusCode).toBe(503);
    expect(none.json()).toMatchObject({ code: 'no_queue', failures: [{ index: 0 }, { index: 1 }] });
    await app.close();
    home.remove();
  });

  async function removeQueue(home: AppTestHome, priority: 'low'): Promise<void> {
    const { amqpUrls, prefix } = home.config();
    const connection = await connectAmqp(amqpUrls[0] ?? '');
    const channel = await connection.createChannel();
    await channel.deleteQueue(namesFor(prefix).work('email', priority));
    await connection.close();
  }
});

describe('a producer whose broker is away', () => {
  let home: AppTestHome;
  beforeEach(() => (home = appTestHome()));
  afterEach(() => home.remove());

  it('starts, says so, and refuses within seconds', async () => {
    const app = await buildProducer(home.config({ AMQP_URL: 'amqp://user:hunter2@127.0.0.1:1' }), keptLog().logger);
    await app.init();
    const token = await readFile(join(home.dataDir, 'admin.token'), 'utf8');
    const headers = { authorization: `Bearer ${token}` };
    const job = { type: 'email.welcome', payload: { to: 'ada@example.org', name: 'Ada' }, options: { id: 'mine' } };
    const [one, many, ready, live] = await Promise.all([
      app.inject({ method: 'POST', url: '/api/v1/jobs', headers, payload: job }),
      app.inject({ method: 'POST', url: '/api/v1/jobs/batch', headers, payload: { jobs: [job, job] } }),
      app.inject({ url: '/health/ready' }),
      app.inject({ url: '/health/live' }),
    ]);
    expect(one.statusCode).toBe(503);
    expect(one.json()).toMatchObject({
      code: 'broker_unreachable',
      id: expect.any(String),
      outcome: 'refused',
      hint: expect.any(String),
    });
    expect(one.headers['retry-after']).toBe('5');
    expect(many.statusCode).toBe(503);
    expect(many.json()).toMatchObject({ code: 'broker_unreachable' });
    expect(ready.statusCode).toBe(503);
    expect(ready.json()).toMatchObject({ status: 'error', error: { broker: { status: 'down', state: 'connecting' } } });
    expect(ready.body).not.toContain('hunter2');
    expect(live.json()).toEqual({ status: 'ok' });
    await app.close();
  });

  it('refuses to start with a token that can be guessed', async () => {
    await writeFile(join(home.dataDir, 'admin.token'), 'secret');
    const build = buildProducer(home.config(), keptLog().logger);
    await expect(build).rejects.toMatchObject({ code: 'configuration_invalid', field: 'admin.token' });
  });
});
