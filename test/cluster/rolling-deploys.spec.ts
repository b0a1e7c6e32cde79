import { Client } from 'pg';
import { newJobId } from '../../libs/jobs/src';
import { type AppProcess, answersOk, runApp } from '../support/app-process';
import { type AppTestHome, appTestHome } from '../support/apps';
import { emptyTestDatabase } from '../support/database';
import { type EarlierRelease, earlierRelease } from '../support/earlier-release';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/until';

const ROLES = ['producer', 'workers', 'scheduler'] as const;
type Role = (typeof ROLES)[number];
type Release = 'old' | 'new';

/** Jobs that must have been accepted, and completed, in each phase of a deploy. */
const PER_PHASE = 10;
const EVERY_MS = 100;
const PHASE_MS = 60_000;

/** Processes of two releases on one broker and one database, and somebody who asks for jobs all the time. */
class Deploy {
  readonly accepted = new Set<string>();
  private failure: Error | undefined;
  private readonly running = new Map<string, AppProcess>();
  private readonly asking = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly home: AppTestHome,
    private readonly databaseUrl: string,
    private readonly earlier: EarlierRelease,
  ) {}

  async start(release: Release, ...roles: Role[]): Promise<void> {
    const env = this.home.env({ DATABASE_URL: this.databaseUrl, API_RATE_LIMIT: '1000000', SHUTDOWN_DEADLINE: '5s' });
    for (const role of roles) {
      const app = await runApp(role, env, release === 'old' ? this.earlier.root : undefined);
      await app.until(`${release} ${role} is ready`, () => answersOk(app, '/health/ready'));
      this.running.set(`${release} ${role}`, app);
    }
  }

  async stop(release: Release, ...roles: Role[]): Promise<void> {
    for (const role of roles) {
      const name = `${release} ${role}`;
      const app = this.running.get(name);
      this.running.delete(name);
      app?.kill('SIGTERM');
      expect([name, await app?.ended]).toEqual([name, 0]);
    }
  }

  /** Each job is asked for by one id, of every producer in turn, until one has taken it. */
  ask(): void {
    let turn = 0;
    this.timer = setInterval(() => {
      const asked: Promise<void> = this.askFor(newJobId(), turn++)
        .catch((error: unknown) => void (this.failure ??= error instanceof Error ? error : new Error(String(error))))
        .finally(() => this.asking.delete(asked));
      this.asking.add(asked);
    }, EVERY_MS);
  }

  async noMore(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.asking);
    if (this.failure) throw this.failure;
  }

  async call(method: string, path: string, body: object, turn = 0): Promise<number> {
    const producers = [...this.running].filter(([name]) => name.endsWith('producer')).map(([, app]) => app);
    const { port } = producers[turn % producers.length] ?? { port: 1 };
    const token = readFileSync(join(this.home.dataDir, 'admin.token'), 'utf8').trim();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const url = `http://127.0.0.1:${port}/api/v1${path}`;
    // Nobody answers while one is being replaced.
    const answer = await fetch(url, { method, headers, body: JSON.stringify(body) }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.status ?? 0;
  }

  async end(): Promise<void> {
    clearInterval(this.timer);
    for (const app of this.running.values()) app.kill('SIGKILL');
    await Promise.all([...this.running.values()].map((app) => app.ended));
  }

  private async askFor(id: string, first: number): Promise<void> {
    let turn = first;
    const body = { type: 'email.welcome', payload: { to: 'a@example.org', name: 'A' }, options: { id } };
    await until(`job ${id} to be accepted`, async () => {
      const status = await this.call('POST', '/jobs', body, turn++);
      if (status > 0 && status < 500 && status !== 202) throw new Error(`POST /jobs answered ${status}`);
      return status === 202;
    });
    this.accepted.add(id);
  }
}

interface Row {
  id: string;
  state: string;
  /** Of a tick: its moment, in milliseconds since 1970. */
  tick: string | null;
}

describe('a deploy', () => {
  const release = earlierRelease();
  const closing: (() => unknown)[] = [];
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  test('of this release beside the one before it, and back, loses no job and no tick', async () => {
    if (typeof release === 'string') return console.warn(`ROLLING DEPLOYS ARE NOT TESTED: ${release}`);
    closing.push(() => release.remove());
    const home = appTestHome();
    closing.push(() => home.remove());
    const db = await emptyTestDatabase();
    closing.push(() => db.drop());
    const deploy = new Deploy(home, db.url, release);
    closing.push(() => deploy.end());
    const client = new Client({ connectionString: db.url });
    await client.connect();
    closing.push(() => client.end());
    const columns = 'id, state, extract(epoch from scheduled_for) * 1000 as tick';
    const sql = `select ${columns} from jobs union all select ${columns} from history`;
    const rows = async (): Promise<Row[]> => (await client.query<Row>(sql)).rows;

    /** What is accepted from here on completes, and so do ticks. */
    const phase = async (what: string): Promise<void> => {
      const before = new Set(deploy.accepted);
      const ticksBefore = (await rows()).filter(isTick).length;
      await until(
        `${what}: jobs and ticks that complete`,
        async () => {
          const done = (await rows()).filter(({ state }) => state === 'completed');
          const fresh = done.filter(({ id }) => deploy.accepted.has(id) && !before.has(id));
          return fresh.length >= PER_PHASE && done.filter(isTick).length > ticksBefore + 1;
        },
        PHASE_MS,
      );
    };

    await deploy.start('old', ...ROLES);
    const schedule = { name: 'beat', every: '1s', type: 'email.welcome', payload: { to: 'b@example.org', name: 'B' } };
    expect(await deploy.call('POST', '/schedules', schedule)).toBe(201);
    deploy.ask();
    await phase('the old release alone');
    await deploy.start('new', 'producer');
    await phase('a new producer beside the old, with old workers');
    await deploy.start('new', 'scheduler', 'workers');
    await deploy.stop('old', 'workers');
    await phase('new workers with an old producer, two schedulers');
    await deploy.stop('old', 'scheduler', 'producer');
    await phase('the new release alone');
    await deploy.start('old', ...ROLES);
    await deploy.stop('new', 'workers');
    await phase('back: old workers with a new producer');
    await deploy.stop('new', 'scheduler', 'producer');
    await phase('back: the old release alone, on the new schema');
    await deploy.noMore();

    await until('all jobs to complete', async () => {
      const done = new Set((await rows()).filter(({ state }) => state === 'completed').map(({ id }) => id));
      return [...deploy.accepted].every((id) => done.has(id));
    });
    const all = await rows();
    expect(all.length).toBe(new Set(all.map(({ id }) => id)).size);
    const instants = all
      .filter(isTick)
      .map(instantOf)
      .toSorted((a, b) => a - b);
    const [first = 0, last = 0] = [instants[0], instants.at(-1)];
    expect(instants).toEqual(Array.from({ length: (last - first) / 1_000 + 1 }, (_, n) => first + n * 1_000));
  }, 300_000);
});

const isTick = ({ tick }: Row): boolean => tick !== null;
const instantOf = ({ tick }: Row): number => Math.round(Number(tick));
