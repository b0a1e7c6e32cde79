import { type ConfirmChannel, connect as connectAmqp } from 'amqplib';
import { buildWorkers } from '../../apps/workers/src/build-workers';
import { namesFor } from '../../libs/jobs/src';
import { type ApiWorld, apiWorld } from '../support/api';
import { keptLog } from '../support/apps';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

const DEEP = 50_000;
const deep = '['.repeat(DEEP) + ']'.repeat(DEEP);

/** Members that JSON allows beside those of a welcome, and what becomes of the job. */
const ODDITIES: [string, string][] = [
  ['a whole number that no double can hold', '9007199254740993'],
  ['a number that is too large for PostgreSQL', '1e400'],
  ['half of a surrogate pair', '"\\ud800"'],
  ['the character zero', '"\\u0000"'],
  ['nesting of fifty thousand levels', deep],
  ['the names of a prototype', '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'],
  ['one name twice', '{"a":1,"a":2}'],
  ['an empty name', '{"":{"":[]}}'],
  ['a name of ten thousand characters', `{"${'n'.repeat(10_000)}":1}`],
];

/** Each has one outcome, through a door and over HTTP: done and readable, or refused with a problem that says why. */
describe('an oddity of JSON', () => {
  let world: ApiWorld;
  let channel: ConfirmChannel;
  let door: string;
  const closing: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    world = await apiWorld();
    closing.push(() => world.close());
    const workers = await buildWorkers(world.home.config(), keptLog().logger);
    closing.push(() => workers.close());
    await workers.init();
    await workers.startAllMicroservices();
    const connection = await connectAmqp(sharedBroker().url);
    closing.push(() => connection.close());
    channel = await connection.createConfirmChannel();
    door = namesFor(world.home.config().prefix).door('normal');
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  const body = (odd: string) => `{"to":"ada@example.org","name":"Ada","odd":${odd}}`;
  const view = async (id: string) => world.call({ path: `/jobs/${encodeURIComponent(id)}` });

  test.each(ODDITIES)('%s, through a door: the job runs, and its record can be read', async (what, odd) => {
    channel.publish(door, 'email.welcome', Buffer.from(body(odd)), { messageId: `odd ${what}` });
    await channel.waitForConfirms();
    await until('its end', async () => {
      const answer = await view(`odd ${what}`);
      expect([200, 404]).toContain(answer.statusCode);
      return answer.statusCode === 200 && answer.json<{ state: string }>().state === 'completed';
    });
    expect((await world.call({ path: '/jobs?limit=100' })).statusCode).toBe(200);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test.each(ODDITIES)('%s, over HTTP: taken and run, or refused as the mistake of the caller', async (_, odd) => {
    const payload = `{"type":"email.welcome","payload":${body(odd)}}`;
    const answer = await world.call({
      method: 'POST',
      path: '/jobs',
      body: payload,
      headers: { 'content-type': 'application/json' },
    });
    if (answer.statusCode === 202) {
      const { id } = answer.json<{ id: string }>();
      await until('its end', async () => (await view(id)).json<{ state: string }>().state === 'completed');
    } else {
      expect([400, 422]).toContain(answer.statusCode);
      expect(answer.json()).toMatchObject({ code: expect.any(String), detail: expect.any(String) });
    }
  });
});
