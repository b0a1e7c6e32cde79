import { z } from 'zod';
import { defineJob } from '../../libs/jobs/src';
import type { SubmitOptions } from '../../libs/ledger/src';
import { ReadSide, Recorder, RetentionDuty, configuredRetention } from '../../libs/ledger/src';
import { countChanges } from '../../libs/ledger/src/record/effects/counts';
import { applyKeeps } from '../../libs/ledger/src/record/effects/keeps';
import { rulesOfDefinitions } from '../../libs/ledger/src/retention/asked';
import { resolveRetention } from '../../libs/ledger/src/retention/rules';
import { type TestDatabase, testDatabase } from '../support/database';
import { SubmitWorld } from '../support/submit-world';

const DAY = 24 * 3_600_000;
const payload = z.object({});
const Sync = defineJob({ type: 'keep.sync', payload });
const Brief = defineJob({ type: 'keep.brief', payload, retention: { completed: { last: 1 }, failed: 0 } });

describe('a job that says how long it is kept', () => {
  let db: TestDatabase;
  let world: SubmitWorld;
  let recorder: Recorder;
  const { ageMs } = resolveRetention();

  beforeEach(async () => {
    db = await testDatabase();
    world = new SubmitWorld(db, [Sync, Brief]);
    recorder = new Recorder(db.database, [countChanges, applyKeeps(ageMs)]);
  });
  afterEach(async () => {
    await world.stop();
    await db.drop();
  });

  const add = async (options?: SubmitOptions, type = 'keep.sync'): Promise<string> => {
    const [job] = await world.submitter().submit([{ type, payload: {}, options }]);
    return job?.id ?? '';
  };
  /** It ended so long ago. */
  const end = async (id: string, event: 'completed' | 'dead', agoMs: number, attempt = 1): Promise<void> => {
    const at = Date.now() - agoMs;
    const run = { id, type: 'keep.sync', generation: 0, attempt, delivery: 0, worker: 'w', at, startedAt: at - 5 };
    const failure = { name: 'Error', message: 'no' };
    await recorder.record([
      event === 'dead'
        ? { event, ...run, reason: 'attempts_exhausted', failure }
        : { event, ...run, result: undefined },
    ]);
  };
  const retain = (options = {}): Promise<string> =>
    new RetentionDuty(db.database, options).run(AbortSignal.timeout(60_000));
  const kept = async (): Promise<string[]> =>
    (await new ReadSide({ database: db.database }).jobs({ limit: 200 })).items.map(({ id }) => id).sort();

  test('for each way to end by an age of its own; where it says none, the ledger does', async () => {
    const retention = { completed: '1h', failed: '90d' } as const;
    const [done, doneLately, dead] = [await add({ retention }), await add({ retention }), await add({ retention })];
    const plain = await add({ retention: { failed: 0 } });
    await end(done, 'completed', 2 * 3_600_000);
    await end(doneLately, 'completed', 60_000);
    await end(dead, 'dead', 60 * DAY);
    await end(plain, 'completed', 6 * DAY);
    await retain();
    expect(await kept()).toEqual([doneLately, dead, plain].sort());
    await db.database.query(`update history set finished_at = finished_at - interval '2 days' where id = $1`, [plain]);
    await retain();
    expect(await kept()).toEqual([doneLately, dead].sort());
  });

  test('by number: the last so many of its type that ended alike', async () => {
    const retention = { completed: { last: 2 }, failed: { last: 1 } };
    const ids = await Promise.all(Array.from({ length: 8 }, () => add({ retention })));
    const other = await add();
    for (const [n, id] of ids.entries()) await end(id, n < 5 ? 'completed' : 'dead', n * 1_000);
    await end(other, 'completed', 60_000);
    await retain();
    expect(await kept()).toEqual([...ids.slice(0, 2), ...ids.slice(5, 6), other].sort());
    expect(await db.database.query('select count(*)::int as n from keeps')).toEqual([{ n: 3 }]);
  });

  test('by the rule for how it really ended, when that is told late', async () => {
    const id = await add({ retention: { completed: '90d', failed: { last: 0 } } });
    await end(id, 'dead', 8 * DAY, 2);
    await end(id, 'completed', 8 * DAY);
    await retain();
    expect(await kept()).toEqual([id]);
  });

  test('not while it runs again: a redrive takes it off the shelf', async () => {
    const id = await add({ retention: { failed: { last: 0 } } });
    await end(id, 'dead', 0);
    await db.database.transaction((tx) =>
      recorder.revise(
        tx,
        [id],
        (row) => row && { ...row, state: 'waiting', generation: 1, baseGeneration: 1, stateGeneration: 1 },
      ),
    );
    await retain();
    expect(await kept()).toEqual([id]);
    expect(await db.database.query('select ended, last from keeps')).toEqual([{ ended: null, last: null }]);
  });

  test('a debounced one is kept as the last of them said', async () => {
    const options = { unique: { key: 'k', mode: 'debounce' }, delay: '1h' } as const;
    const first = await add({ ...options, retention: { completed: 0 } });
    await add({ ...options, retention: { completed: '2d' } });
    const rules = () => db.database.query('select job_id, rules from keeps');
    expect(await rules()).toEqual([{ job_id: first, rules: { completed: { ageMs: 2 * DAY } } }]);
    await add(options);
    expect(await rules()).toEqual([]);
  });

  test('twice, by keepFor too, is refused', async () => {
    await expect(add({ keepFor: 0, retention: { completed: 0 } })).rejects.toMatchObject({
      code: 'keep_invalid',
      field: 'jobs[0].options.keepFor',
    });
    await expect(add({ retention: { completed: { last: -1 } } })).rejects.toMatchObject({
      code: 'retention_invalid',
      field: 'jobs[0].options.retention.completed.last',
    });
  });

  test('by its definition, or by configuration for all of a queue, where it says nothing itself', async () => {
    const brief = await Promise.all(Array.from({ length: 3 }, () => add(undefined, 'keep.brief')));
    const asked = await add({ retention: { completed: { last: 5 } } }, 'keep.brief');
    for (const [n, id] of brief.entries()) await end(id, n < 2 ? 'completed' : 'dead', n * 1_000);
    await end(asked, 'completed', 5_000);
    await retain({ rules: rulesOfDefinitions([Sync, Brief]) });
    expect(await kept()).toEqual([brief[0], asked].sort());
    await retain(configuredRetention({ completed: { last: 0 } }, ['other']));
    expect(await kept()).toEqual([brief[0], asked].sort());
    await retain(configuredRetention({ completed: { last: 0 } }, ['keep']));
    expect(await kept()).toEqual([asked]);
  });
});
