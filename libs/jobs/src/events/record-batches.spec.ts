import type { Broker } from '../broker/broker';
import type { Delivery } from '../broker/delivery';
import { type MemoryWorld, memoryWorld } from '../broker/memory/memory-broker';
import type { JobEvent, ScutworkEvent } from '../contracts/job-events';
import { type FakeClock, fakeClock } from '../testing/fake-clock';
import { namesFor } from '../topology/names';
import { EventBus } from './event-bus';
import { RecordBatches } from './record-batches';

const names = namesFor();
const LEDGER = 'jobs.ledger';

interface Stage {
  clock: FakeClock;
  world: MemoryWorld;
  records: RecordBatches;
  deliveries: Delivery[];
  told: ScutworkEvent[];
}

/** A ledger's queue behind the records exchange, as the ledger will bind it. */
async function stage(): Promise<Stage> {
  const clock = fakeClock();
  const world = memoryWorld({ clock });
  const [deliveries, told]: [Delivery[], ScutworkEvent[]] = [[], []];
  const broker: Broker = world.connect();
  await broker.start();
  await broker.apply({
    exchanges: [{ name: names.records, type: 'fanout', purpose: '' }],
    queues: [{ name: LEDGER, type: 'quorum', arguments: { 'x-queue-type': 'quorum' }, purpose: '' }],
    bindings: [{ from: names.records, to: LEDGER, toKind: 'queue', key: '' }],
  });
  await broker.subscribe({ queue: LEDGER, prefetch: 100, onDelivery: (delivery) => deliveries.push(delivery) });
  const events = new EventBus();
  events.onAny((event) => told.push(event));
  const publisher = broker.publisher({ deadlineMs: Number.POSITIVE_INFINITY });
  return { clock, world, deliveries, told, records: new RecordBatches(publisher, names, clock, events) };
}

const fact = (n: number): JobEvent => ({
  ...{ event: 'completed', id: `job-${n}`, type: 'email.welcome', generation: 0 },
  ...{ at: n, attempt: 1, delivery: 0, worker: 'w1' },
});
const idsIn = ({ message }: Delivery): string[] =>
  String(message.body)
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id);

test('facts of one moment go out together, one line of JSON each', async () => {
  const { clock, records, deliveries } = await stage();
  for (let n = 0; n < 3; n++) records.add(fact(n));
  await clock.advance(0);
  expect(deliveries).toHaveLength(0);
  await clock.advance(1);
  expect(deliveries.map(idsIn)).toEqual([['job-0', 'job-1', 'job-2']]);
  expect(deliveries[0]?.message).toMatchObject({ exchange: names.records, type: 'records.v1' });
});

test('a fact with line breaks in it is still one line', async () => {
  const { clock, records, deliveries } = await stage();
  const result = '{\n  "lines": "a\\nb"\n}' as never;
  records.add({ ...fact(0), event: 'completed', result } as JobEvent);
  await clock.advance(5);
  const lines = String(deliveries[0]?.message.body).split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ result });
});

test('a full batch does not wait, and batches go one after the other', async () => {
  const { clock, records, deliveries } = await stage();
  for (let n = 0; n < 1_200; n++) records.add(fact(n));
  await clock.settle();
  expect(deliveries.flatMap(idsIn)).toEqual(Array.from({ length: 1_200 }, (_, n) => `job-${n}`));
  expect(deliveries.map((delivery) => idsIn(delivery).length)).toEqual([500, 500, 200]);
});

test('a batch that the broker refuses is told and sent again until it is taken, in its order', async () => {
  const { clock, world, records, deliveries, told } = await stage();
  world.refuse(LEDGER);
  records.add(fact(0));
  await clock.advance(5);
  records.add(fact(1));
  await clock.advance(2_000);
  expect(deliveries).toHaveLength(0);
  expect(told.filter(({ event }) => event === 'record.failed').length).toBeGreaterThan(2);
  world.accept(LEDGER);
  await clock.advance(2_000);
  expect(deliveries.flatMap(idsIn)).toEqual(['job-0', 'job-1']);
});

test('flushing waits for all that was added, and for nothing where nothing was', async () => {
  const { clock, records, deliveries } = await stage();
  await records.flush();
  for (let n = 0; n < 700; n++) records.add(fact(n));
  const flushed = records.flush();
  await clock.settle();
  await flushed;
  expect(deliveries.flatMap(idsIn)).toHaveLength(700);
});

test('closing sends what is left, but waits no longer than its deadline', async () => {
  const { clock, records, deliveries } = await stage();
  records.add(fact(0));
  const closed = records.close(1_000);
  await clock.advance(0);
  await closed;
  expect(deliveries.flatMap(idsIn)).toEqual(['job-0']);

  const second = await stage();
  second.world.refuse(LEDGER);
  second.records.add(fact(1));
  let ended = false;
  void second.records.close(1_000).then(() => (ended = true));
  await second.clock.advance(999);
  expect(ended).toBe(false);
  await second.clock.advance(10);
  expect(ended).toBe(true);
});

test('a record that can never be sent is given up, alone and aloud; those beside it arrive', async () => {
  const sent: string[] = [];
  const told: ScutworkEvent[] = [];
  const events = new EventBus();
  events.onAny((event) => told.push(event));
  const clock = fakeClock();
  const large = 'x'.repeat(600_000);
  const { world } = await stage();
  const broker = world.connect();
  await broker.start();
  const publisher = broker.publisher();
  const narrow: typeof publisher = Object.assign(Object.create(publisher) as typeof publisher, {
    publish: (message: { body: Buffer }, done: (failure?: { kind: 'unsendable'; reason: string }) => void) => {
      if (message.body.length > large.length) return done({ kind: 'unsendable', reason: 'it is too large' });
      sent.push(String(message.body));
      done();
    },
  });
  const records = new RecordBatches(narrow, names, clock, events);
  for (const event of [fact(1), { ...fact(2), worker: large }, fact(3)]) records.add(event);
  await clock.advance(100);
  expect(sent.map((body) => (JSON.parse(body) as { id: string }).id)).toEqual(['job-1', 'job-3']);
  expect(told).toEqual([{ event: 'record.failed', reason: 'a record is given up: it is too large' }]);
});
