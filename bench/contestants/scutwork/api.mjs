import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '@scutwork/local';
import pg from 'pg';
import { startApp } from '../../setup/app-process.mjs';
import { freshDatabase } from '../../setup/postgres.mjs';
import { mail } from '../mail.mjs';

const PROGRAM = fileURLToPath(new URL('../../../apps/producer/dist/main.js', import.meta.url));
const COUNT = 'select (select count(*) from jobs)::int + (select count(*) from history)::int as n';

/** The producer as `npm start` runs it, on a database of its own; its throttle is raised, and its caller has an API key. */
export async function openApi({ rabbitmq, postgres }) {
  const [port] = await freePorts(1);
  const dataDir = await mkdtemp(join(tmpdir(), 'scutwork-bench-producer-'));
  const databaseUrl = await freshDatabase(postgres);
  const prefix = `b${randomBytes(4).toString('hex')}`;
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...{ PORT: String(port), AMQP_URL: rabbitmq.url, DATABASE_URL: databaseUrl, SCUTWORK_PREFIX: prefix },
    ...{ SCUTWORK_DATA_DIR: dataDir, LOG_LEVEL: 'warn', API_RATE_LIMIT: '100000000', NODE_ENV: 'production' },
  };
  const app = await startApp(PROGRAM, { env, url: `${url}/health/ready` });
  const database = new pg.Client(databaseUrl);
  await database.connect();
  const token = await readFile(join(dataDir, 'admin.token'), 'utf8');
  const job = { type: 'email.welcome', payload: mail };
  return {
    ...app,
    setting: { amqpUrl: rabbitmq.url, databaseUrl, prefix },
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await apiKey(url, token)}` },
    one: { url: `${url}/api/v1/jobs`, body: JSON.stringify(job) },
    many: (count) => ({
      url: `${url}/api/v1/jobs/batch`,
      body: JSON.stringify({ jobs: Array.from({ length: count }, () => job) }),
    }),
    history: (format) => `${url}/api/v1/history/export?format=${format}`,
    stored: async () => (await database.query(COUNT)).rows[0].n,
    database,
    async close() {
      await database.end();
      await app.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function apiKey(url, token) {
  const answer = await fetch(`${url}/api/v1/api-keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ name: 'bench', role: 'operator' }),
  });
  if (!answer.ok) throw new Error(`no API key was made: ${await answer.text()}`);
  return (await answer.json()).key;
}
