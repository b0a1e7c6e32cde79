import { type JobEvent, identify, newJobId } from '../../libs/jobs/src/wire';
import { Recorder } from '../../libs/ledger/src';
import { type TestDatabase, testDatabase } from '../support/database';

const OF_KEY = identify('invoice-1').id;

describe('recording', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await testDatabase();
  });
  afterAll(() => db.drop());

  test('a job that was submitted and completed is in history, whole', async () => {
    const id = newJobId();
    const at = Date.now();
    const run = { id, type: 'email.welcome', generation: 0, attempt: 1, delivery: 0, worker: 'w' };
    const facts = [
      { event: 'completed', ...run, at: at + 9, startedAt: at + 5, result: '{"ok":true}' },
      {
        event: 'submitted',
        id,
        type: 'email.welcome',
        generation: 0,
        at,
        priority: 'high',
        delayMs: 0,
        payload: '{"to":"a"}',
      },
    ] as JobEvent[];
    const recorder = new Recorder(db.database, []);
    for (const fact of facts) await recorder.record([fact]);
    await recorder.record(facts);
    expect(await db.database.query('select id, state, payload, result, priority, shelf from history')).toEqual([
      { id, state: 'completed', payload: '{"to":"a"}', result: '{"ok":true}', priority: 1, shelf: 0 },
    ]);
    expect(await db.database.query('select id from jobs')).toEqual([]);
  });

  // Which of the told jobs may be in history is asked by the range of their ids: told again are the ends of one with
  // many others in it, none with anything in it, and ids that no clock made.
  test.each([
    ['the first and the last of many', (ids: string[]) => [ids[0], ids.at(-1)]],
    ['all of many', (ids: string[]) => ids],
    ['one', (ids: string[]) => ids.slice(3, 4)],
    ['one among new ones', (ids: string[]) => [newJobId(), ids[7], newJobId()]],
    ['ids made of a key among others', (ids: string[]) => [newJobId(), OF_KEY, ids[2]]],
  ])('%s told again makes no second row', async (_, again) => {
    await db.database.query('delete from history');
    const completed = (id: string): JobEvent => ({
      ...{ event: 'completed', id, type: 'email.welcome', generation: 0, attempt: 1, delivery: 0, worker: 'w' },
      ...{ at: 1_900_000_000_000, startedAt: 1_900_000_000_000 },
    });
    const ids = Array.from({ length: 20 }, () => newJobId());
    const recorder = new Recorder(db.database, []);
    await recorder.record([...ids, OF_KEY].map(completed));
    const told = again(ids).flatMap((id) => id ?? []);
    await recorder.record(told.map(completed));
    const rows = await db.database.query<{ id: string }>('select id from history');
    expect(rows.map(({ id }) => id).sort()).toEqual([...new Set([...ids, OF_KEY, ...told])].sort());
  });
});
