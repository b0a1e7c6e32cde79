import { Database, ReadSide, Recorder } from '../../libs/ledger/src';
import { type TestDatabase, testDatabase } from '../support/database';
import { tell } from '../support/told-jobs';

const DEAD = 100_000;
/** What the API gives the reading side. */
const STATEMENT_TIMEOUT_MS = 5_000;

describe('a hundred thousand dead letters', () => {
  let db: TestDatabase;
  let readings: Database;
  let reading: ReadSide;

  beforeAll(async () => {
    db = await testDatabase();
    const failure = { name: 'Error', message: 'connection refused' };
    const { facts } = tell({ type: 'email.welcome', at: Date.now() - 60_000, end: 'dead', worker: 'w', failure });
    await new Recorder(db.database, []).record(facts);
    const columns = await db.database.query<{ name: string }>(
      `select quote_ident(column_name) as name from information_schema.columns where table_name = 'history' and column_name <> 'id'`,
    );
    const names = columns.map(({ name }) => name).join(', ');
    await db.database.query(
      `insert into history (id, ${names}) select gen_random_uuid(), ${names} from history, generate_series(2, $1)`,
      [DEAD],
    );
    await db.database.query('analyze history');
    readings = new Database({ url: db.url, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
    reading = new ReadSide({ database: readings });
  });
  afterAll(async () => {
    await readings.close();
    await db.drop();
  });

  it('are listed by the page, with a cursor to the next one', async () => {
    const first = await reading.jobs({ filter: { state: 'dead' }, limit: 100 });
    expect(first.items).toHaveLength(100);
    const second = await reading.jobs({ filter: { state: 'dead' }, limit: 100, cursor: first.cursor });
    expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(200);
  });

  it('are grouped by what the newest twenty thousand died of', async () => {
    expect(await reading.deadGroups({})).toMatchObject([{ type: 'email.welcome', count: 20_000 }]);
  });

  it('are counted up to ten thousand where sums do not tell', async () => {
    expect(await reading.count({ state: 'dead', error: 'refused' })).toEqual({ count: 10_000, atLeast: true });
  });
});
