import { z } from 'zod';
import { defineJob } from '../../libs/jobs/src';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld } from '../support/jobs-world';
import { LedgerWorld, boss } from '../support/ledger-world';
import { onChannel } from '../support/on-channel';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

const Mail = defineJob({ type: 'mail.send', payload: z.object({ n: z.number() }) });

/** Quick, so that the specs need not wait: the waits are there for workers that say something every 5 s. */
const QUICK = { probeMs: 500, stillMs: 500, graceMs: 500, ladderGraceMs: 500 };

describe('reconciliation by probes', () => {
  let db: TestDatabase;
  let world: JobsWorld;
  let ledger: LedgerWorld;

  beforeEach(async () => {
    db = await testDatabase();
    world = new JobsWorld(sharedBroker().url);
    ledger = new LedgerWorld(await world.broker(), world.names, db, [Mail], QUICK);
    await ledger.start();
  });
  afterEach(async () => {
    await ledger.stop();
    await world.stop();
    await db.drop();
  });

  const byHand = (work: Parameters<typeof onChannel>[1]) => onChannel(sharedBroker().url, work);
  const waiting = async (): Promise<number> =>
    (await db.database.query<{ n: number }>(`select count(*)::int as n from jobs where state = 'waiting'`))[0]?.n ?? 0;
  const completed = async (): Promise<number> =>
    (await db.database.query<{ n: number }>(`select count(*)::int as n from history where state = 'completed'`))[0]
      ?.n ?? 0;
  const verdicts = async (): Promise<number> =>
    (await db.database.query<{ n: number }>(`select count(*)::int as n from probes where judged_at is not null`))[0]
      ?.n ?? 0;

  const addBeforeAnyWorker = async (count: number): Promise<void> => {
    const client = await world.client([Mail]);
    await client.addMany(
      Mail,
      Array.from({ length: count }, (_, n) => ({ payload: { n } })),
    );
    await until('their records', async () => (await waiting()) === count);
  };

  test.each([
    ['purged', (queue: string) => byHand((channel) => channel.purgeQueue(queue))],
    ['deleted', (queue: string) => byHand((channel) => channel.deleteQueue(queue))],
  ])('jobs of a queue that was %s come back and complete, once', async (_what, lose) => {
    await addBeforeAnyWorker(30);
    await lose(world.names.work('mail', 'normal'));
    const ran: number[] = [];
    await world.worker((handlers) => handlers.register(Mail, ({ n }) => void ran.push(n)));
    await until('all of them', async () => (await completed()) === 30, 60_000);
    expect([...ran].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    expect(ledger.noticedThat).toEqual([expect.stringMatching(/^30 jobs of mail\.normal were in no queue/)]);
  });

  test('jobs behind a healthy backlog, and those that workers hold, are never published again', async () => {
    await addBeforeAnyWorker(40);
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let starts = 0;
    const register = (handlers: Parameters<Parameters<JobsWorld['worker']>[0]>[0]) =>
      handlers.register(Mail, async () => {
        starts++;
        await gate;
      });
    // One holds much and runs little; the other gets the markers.
    await world.worker(register, { queues: { mail: { concurrency: 1, prefetch: 30 } } });
    await world.worker(register, { queues: { mail: { concurrency: 1, prefetch: 30 } } });
    await until('some verdicts', async () => (await verdicts()) >= 1 && (await runs()) >= 3, 60_000);
    expect(await db.database.query('select * from outbox')).toEqual([]);
    open();
    await until('all of them', async () => (await completed()) === 40);
    expect(starts).toBe(40);
    expect(ledger.noticedThat).toEqual([]);
  });

  /** Markers that were sent one after the other of this level. */
  let sent = new Set<string>();
  beforeEach(() => {
    sent = new Set();
  });
  const runs = async (): Promise<number> => {
    const rows = await db.database.query<{ id: string }>(`select id from probes where priority = 2`);
    for (const { id } of rows) sent.add(id);
    return sent.size;
  };

  test('a queue with a paused type gives no verdict, and neither does one without a worker', async () => {
    await addBeforeAnyWorker(5);
    await byHand((channel) => channel.purgeQueue(world.names.work('mail', 'normal')));
    await until('a marker', async () => (await runs()) > 0);
    expect(await verdicts()).toBe(0);
    await ledger.steering.pause({ type: 'mail.send' }, boss);
    await world.worker((handlers) => handlers.register(Mail, () => undefined));
    await until('verdicts', async () => (await verdicts()) >= 1 && (await runs()) >= 3, 60_000);
    expect([await waiting(), ledger.noticedThat]).toEqual([5, []]);
    await ledger.steering.resume({ type: 'mail.send' }, boss);
    await until('all of them', async () => (await completed()) === 5, 60_000);
  });
});
