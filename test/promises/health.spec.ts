import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { buildProducer } from '../../apps/producer/src/build-producer';
import { buildScheduler } from '../../apps/scheduler/src/build-scheduler';
import { buildWorkers } from '../../apps/workers/src/build-workers';
import { type AppTestHome, appTestHome, keptLog } from '../support/apps';
import { type TestDatabase, testDatabase } from '../support/database';
import { sharedBroker } from '../support/private-broker';
import { type TcpGate, gateTo } from '../support/tcp-gate';

const apps = {
  producer: { build: buildProducer, parts: ['broker', 'inbox', 'ledger', 'queues', 'schedules'] },
  workers: { build: buildWorkers, parts: ['broker', 'consumers'] },
  scheduler: { build: buildScheduler, parts: ['broker', 'schedules'] },
};

describe.each(Object.entries(apps))('the health of the %s app', (_name, { build, parts }) => {
  let home: AppTestHome;
  let gate: TcpGate;
  let app: NestFastifyApplication;

  let db: TestDatabase;

  beforeAll(async () => {
    db = await testDatabase();
    home = appTestHome({ DATABASE_URL: db.url });
    const gated = await gateTo(sharedBroker().url);
    gate = gated.gate;
    app = await build(home.config({ AMQP_URL: gated.url }), keptLog().logger);
    await app.init();
    await app.startAllMicroservices();
    await becomes(200);
  });
  afterAll(async () => {
    gate.open();
    await app.close();
    await gate.close();
    await db.drop();
    home.remove();
  });

  const probe = (path: string) => app.inject({ url: `/health${path}` });

  async function becomes(status: number): Promise<void> {
    for (const deadline = Date.now() + 20_000; (await probe('/ready')).statusCode !== status;) {
      if (Date.now() > deadline)
        throw new Error(`/health/ready never became ${status}: ${(await probe('/ready')).body}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  it('names each part that is up, and asks for no token', async () => {
    for (const path of ['', '/ready']) {
      const answer = await probe(path);
      expect(answer.statusCode).toBe(200);
      expect(answer.json()).toMatchObject({ status: 'ok', error: {} });
      expect(Object.keys(answer.json<{ details: object }>().details).sort()).toEqual(parts);
    }
    const live = await probe('/live');
    expect([live.statusCode, live.json()]).toEqual([200, { status: 'ok' }]);
  });

  it('is 503 when the broker is gone and says so, lives on, and is 200 again by itself', async () => {
    gate.shut();
    await becomes(503);
    const answer = await probe('/ready');
    expect(answer.json()).toMatchObject({
      status: 'error',
      error: { broker: { status: 'down', state: 'connecting' } },
    });
    expect((await probe('')).statusCode).toBe(503);
    expect((await probe('/live')).statusCode).toBe(200);
    gate.open();
    await becomes(200);
  });
});
