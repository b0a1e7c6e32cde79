import { type Broker, type Delivery, type Names, newJobId } from '@scutwork/jobs';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld } from '../support/jobs-world';
import { LedgerIntakes, tell } from '../support/ledger-intake';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

const of = (more: object = {}) => ({ type: 'email.welcome', generation: 0, at: Date.now(), ...more });
const submitted = (id: string, more: object = {}) => ({
  ...{ event: 'submitted', id, ...of(), priority: 'normal', delayMs: 0, payload: '{"to":"a"}' },
  ...more,
});
const completed = (id: string, more: object = {}) => ({
  ...{
    event: 'completed',
    id,
    ...of({ at: Date.now() + 9 }),
    attempt: 1,
    delivery: 0,
    worker: 'w',
    startedAt: Date.now(),
  },
  ...more,
});

describe('what comes into the inbox of the ledger', () => {
  let db: TestDatabase;
  let world: JobsWorld;
  let names: Names;
  let broker: Broker;
  let ledger: LedgerIntakes;

  beforeAll(async () => {
    db = await testDatabase();
    world = new JobsWorld(sharedBroker().url);
    names = world.names;
    broker = await world.broker();
    ledger = new LedgerIntakes(broker, names, db.database);
    await ledger.start();
  });
  afterAll(async () => {
    await ledger.stop();
    await world.stop();
    await db.drop();
  });

  const row = async (id: string): Promise<Record<string, unknown>> => {
    const find = `select state, payload, result, key, tags, tenant, error_text from jobs where id = $1
      union all select state, payload, result, key, tags, tenant, error_text from history where id = $1`;
    return until(`a row of ${id}`, async () => (await db.database.query(find, [id]))[0]);
  };
  const parked = async (): Promise<Delivery> =>
    until('a parked message', async () => {
      const delivery = await broker.pull(names.parked);
      delivery?.ack();
      return delivery;
    });

  /** JSON that `JSON.parse` takes and PostgreSQL's jsonb refuses, as text within a line and as it is. */
  const poisonText = 'a\u0000b\ud800c';
  const poisonJson = '{"a\\u0000":"\\ud800","n":1e400000}';

  test('poison in every text of a job is recorded, and found where it was', async () => {
    const id = newJobId();
    const texts = {
      key: poisonText,
      tenant: poisonText,
      correlationId: poisonText,
      group: poisonText,
      flow: poisonText,
    };
    const failure = { name: poisonText, message: poisonText, stack: poisonText };
    const lines = [
      submitted(id, {
        payload: poisonJson,
        tags: [poisonText, 'b'],
        schedule: poisonText,
        traceparent: poisonText,
        ...texts,
      }),
      { ...completed(id), event: 'retrying', failure, delayMs: 0, worker: poisonText },
      { ...completed(id), event: 'logged', level: 'info', message: poisonText, fields: poisonJson, seq: 1 },
      { ...completed(id), event: 'progressed', progress: poisonJson, seq: 2 },
      { ...completed(id, { at: Date.now() + 20, attempt: 2 }), event: 'dead', failure, reason: 'unrecoverable' },
    ];
    await tell(ledger.publisher, names, lines);
    const clean = 'a\uFFFDb\uFFFDc';
    await until('its end', async () => (await row(id)).state === 'dead');
    expect(await row(id)).toMatchObject({ payload: poisonJson, key: clean, tenant: clean, tags: [clean, 'b'] });
    expect((await row(id)).error_text).toBe(`${clean}: ${clean}`);
    expect(await db.database.query('select message, fields from logs where job_id = $1', [id])).toEqual([
      { message: clean, fields: poisonJson },
    ]);
    expect(ledger.witness.parkedFor).toEqual([]);

    // Told again nothing changes, so nothing is counted again.
    const counted = () => db.database.query('select sum(n)::int as n, count(*)::int as rows from counts');
    const before = await counted();
    await tell(ledger.publisher, names, lines);
    await tell(ledger.publisher, names, [submitted('01978a3e-7000-7000-8000-000000000001')]);
    await row('01978a3e-7000-7000-8000-000000000001');
    expect(await counted()).toEqual(before.map(({ n, rows }) => ({ n: Number(n) + 1, rows: Number(rows) + 1 })));
  });

  test('an id of the future, a result of 1 MiB and huge tags are recorded, also when they are told twice', async () => {
    const id = 'ffffffff-ffff-7fff-bfff-ffffffffffff';
    const big = JSON.stringify('x'.repeat(1_048_576));
    const tags = Array.from({ length: 500 }, (_, i) => `${i}${'t'.repeat(4_000)}`);
    for (const again of [1, 2]) {
      await tell(ledger.publisher, names, [submitted(id, { tags }), completed(id, { result: big, seq: again })]);
    }
    await until('a finished row', async () => (await row(id)).state === 'completed');
    const other = newJobId();
    await tell(ledger.publisher, names, [submitted(other)]);
    await row(other);
    expect(await db.database.query('select length(result) as n from history where id = $1', [id])).toEqual([
      { n: big.length },
    ]);
    expect(ledger.witness.parkedFor).toEqual([]);
  });

  const id = newJobId();
  test.each<[string, unknown]>([
    ['no JSON', '{"event":"submitted"'],
    ['nothing at all', ''],
    ['JSON that is no object', '[1]'],
    ['an event that there is not', { ...submitted(id), event: '__proto__' }],
    ['an id that is no UUID', submitted('invoice-4711')],
    ['an id that is no text', submitted(4711 as unknown as string)],
    ['a moment before 1970', submitted(id, { at: -1 })],
    ['a moment of the year 300000', submitted(id, { at: 9_404_640_000_000_000 })],
    ['a moment beyond all numbers', JSON.stringify(submitted(id)).replace(/"at":\d+/, '"at":1e400000')],
    ['an expiry that is a text', submitted(id, { expiresAt: 'tomorrow' })],
    ['a priority that there is not', submitted(id, { priority: 'urgent' })],
    ['a payload that is no text', submitted(id, { payload: { to: 'a' } })],
    ['tags that are no texts', submitted(id, { tags: [{}] })],
    ['an attempt beyond an integer', completed(id, { attempt: 2 ** 40 })],
    ['a failure without a message', { ...completed(id), event: 'dead', reason: 'poison', failure: {} }],
    [
      'a heartbeat of jobs without names',
      { event: 'worker.seen', worker: 'w', at: 1, queues: [], types: [], running: ['x'], held: 0, startedAt: 1 },
    ],
  ])('a line that is %s is parked alone, and its neighbours are recorded', async (_what, line) => {
    const [before, after] = [newJobId(), newJobId()];
    await tell(ledger.publisher, names, [submitted(before), line, submitted(after)]);
    await row(before);
    await row(after);
    const { message } = await parked();
    expect(String(message.body)).toBe(typeof line === 'string' ? line : JSON.stringify(line));
    expect(message.headers).toMatchObject({ 'x-parked-from': names.ledger, 'x-parked-reason': expect.any(String) });
    expect((await broker.depth(names.parked))?.messages).toBe(0);
  });

  test('what only PostgreSQL refuses is found by halves and parked alone', async () => {
    await db.database.query(`alter table jobs add constraint no_devil check (payload <> '"devil"')`);
    const ids = Array.from({ length: 20 }, () => newJobId());
    const lines = ids.map((id, i) => submitted(id, i === 7 ? { payload: '"devil"' } : {}));
    await tell(ledger.publisher, names, lines);
    for (const [i, id] of ids.entries()) if (i !== 7) await row(id);
    expect(JSON.parse(String((await parked()).message.body))).toMatchObject({ id: ids[7] });
    expect((await broker.depth(names.parked))?.messages).toBe(0);
    await db.database.query('alter table jobs drop constraint no_devil');
  });
});
