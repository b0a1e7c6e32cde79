import { type JobEvent, newJobId } from '../../libs/jobs/src/wire';
import { Recorder } from '../../libs/ledger/src';
import { type TestDatabase, testDatabase } from '../support/database';

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
});
