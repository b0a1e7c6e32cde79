import { text } from 'node:stream/consumers';
import { ReadSide, Recorder, exportJobs, secretsOf } from '../../libs/ledger/src';
import { defineJob } from '../../libs/jobs/src';
import { z } from 'zod';
import { type TestDatabase, testDatabase } from '../support/database';
import { type ToldJob, tell } from '../support/told-jobs';
import { until } from '../support/until';

const OPEN_TRANSACTIONS =
  "select 1 from pg_stat_activity where state like 'idle in transaction%' and datname = current_database()";

const Pay = defineJob({ type: 'pay.card', payload: z.object({}), secrets: ['pin'] });

describe('exporting history', () => {
  let db: TestDatabase;
  let reading: ReadSide;
  beforeEach(async () => {
    db = await testDatabase();
    reading = new ReadSide({ database: db.database, secrets: secretsOf([Pay]) });
  });
  afterEach(() => db.drop());

  async function put(jobs: ToldJob[]): Promise<string[]> {
    const told = jobs.map(tell);
    const recorder = new Recorder(db.database, []);
    for (let i = 0; i < told.length; i += 500)
      await recorder.record(told.slice(i, i + 500).flatMap(({ facts }) => facts));
    return told.map(({ id }) => id);
  }

  test('NDJSON and JSON have every finished job once, in the order of their ends', async () => {
    const at = Date.now() - 3_600_000;
    // Many in a millisecond, over the border of a batch.
    const ids = await put(
      Array.from({ length: 2_500 }, (_, n): ToldJob => ({ at: at + Math.floor(n / 900), end: 'completed' })),
    );
    await put([{}]);
    const lines = (await text(exportJobs(reading.history({}), 'ndjson'))).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(ids.sort());
    const array = JSON.parse(await text(exportJobs(reading.history({}), 'json'))) as { id: string }[];
    expect(array.map(({ id }) => id)).toEqual(ids);
  });

  test('nothing makes an empty array, no lines, and the heading alone', async () => {
    expect(JSON.parse(await text(exportJobs(reading.history({}), 'json')))).toEqual([]);
    expect(await text(exportJobs(reading.history({}), 'ndjson'))).toBe('');
    expect((await text(exportJobs(reading.history({}), 'csv'))).split('\r\n')).toHaveLength(2);
  });

  test('a filter holds, those of the payload too, and secrets are hidden', async () => {
    const of = (n: number): ToldJob => ({ type: 'pay.card', end: 'completed', payload: { n, pin: 1234 } });
    const [id] = await put([of(1), of(2), { end: 'dead', payload: { n: 1 } }]);
    const out = await text(exportJobs(reading.history({ queue: 'pay', payload: { n: 1 } }), 'ndjson'));
    expect(JSON.parse(out)).toMatchObject({ id, payload: { n: 1, pin: '[secret]' } });
    await expect(text(exportJobs(reading.history({ state: 'waiting' }), 'csv'))).rejects.toMatchObject({
      code: 'filter_invalid',
      field: 'state',
    });
  });

  test('CSV is as RFC 4180 has it, and no cell is a formula', async () => {
    const failure = { name: 'Error', message: '=HYPERLINK("http://evil")' };
    await put([{ end: 'dead', tenant: '+1', correlationId: '@SUM(A1)', payload: { a: 'x "y", z\nw' }, failure }]);
    const csv = await text(exportJobs(reading.history({}), 'csv'));
    expect(csv.startsWith('id,key,type,queue,state,')).toBe(true);
    expect(csv.endsWith('\r\n')).toBe(true);
    const row = csv.split('\r\n')[1] ?? '';
    expect(row).toContain(`,'+1,`);
    expect(row).toContain(`,'@SUM(A1),`);
    expect(row).toContain(`,"'=HYPERLINK(""http://evil"")",`);
    expect(row).toContain('"{""a"":""x \\""y\\"", z\\nw""}"');
  });

  test('large jobs come in small batches', async () => {
    await put(
      Array.from({ length: 40 }, (): ToldJob => ({ end: 'completed', payload: { text: 'x'.repeat(900_000) } })),
    );
    let jobs = 0;
    for await (const batch of reading.history({})) {
      expect(batch.length).toBeLessThan(15);
      jobs += batch.length;
    }
    expect(jobs).toBe(40);
  });

  test('a slow reader holds no transaction open, and a reader that goes away ends it', async () => {
    await put(Array.from({ length: 1_500 }, (): ToldJob => ({ end: 'completed' })));
    const stream = exportJobs(reading.history({}), 'ndjson');
    for await (const chunk of stream) {
      expect((chunk as Buffer).length).toBeGreaterThan(0);
      await until('no transaction to be open while nobody reads on', async () => {
        const open = await db.database.query(OPEN_TRANSACTIONS);
        return open.length === 0;
      });
      break;
    }
    expect(stream.destroyed).toBe(true);
  });
});
