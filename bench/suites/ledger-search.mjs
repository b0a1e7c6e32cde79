import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPrivatePostgres } from '@scutwork/local';
import { Database, countsDuty, migrate, ReadSide, Recorder } from '@scutwork/ledger';
import { countChanges } from '../../libs/ledger/dist/record/effects/counts.js';
import { dayOf } from '../../libs/ledger/dist/retention/days.js';
import { makeDay, PARENTS } from '../../libs/ledger/dist/retention/partitions.js';
import { factsOf } from '../ledger/history.mjs';
import { firstPages } from '../ledger/questions.mjs';
import { median, quantile } from '../measure/statistics.mjs';
import { ceiling } from '../report/summary.mjs';
import { decimals, printTable, whole } from '../report/table.mjs';

const JOBS = 1_000_000;
const BATCH = 500;
const ASKED = 15;
const DEEP_PAGES = 60;
const BY_ID_MS = 5;
const FIRST_PAGE_MS = 50;

export const name = 'ledger-search';
export const title = `Finding jobs among ${whole(JOBS)} in the ledger, all indexes on`;
export const contestants = [];

/** It needs a database alone, its own; and is no contest: the figures stand for themselves. */
export async function run({ scale }) {
  const jobs = Math.round(JOBS * scale);
  const folder = mkdtempSync(join(tmpdir(), 'scutwork-bench-ledger-'));
  const server = await startPrivatePostgres({ dataDir: folder, temporary: true });
  const database = new Database({ url: server.url });
  try {
    await migrate(server.url);
    const now = Date.now();
    await makePastDays(database, now);
    const load = await fill(database, jobs, now);
    return report(load, await ask(new ReadSide({ database }), database, now));
  } finally {
    await database.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(database, jobs, now) {
  const recorder = new Recorder(database, [countChanges]);
  const startedAt = performance.now();
  for (let first = 0; first < jobs; first += BATCH) {
    const facts = [];
    for (let n = first; n < Math.min(jobs, first + BATCH); n++) facts.push(...factsOf(n, jobs, now));
    await recorder.record(facts);
    if (first % 100_000 === 0) console.log(`  ${whole(first)} jobs`);
  }
  const perSecond = (jobs * 1_000) / (performance.now() - startedAt);
  await countsDuty(database).run();
  await vacuum(database);
  const [{ size }] = await database.query('select pg_database_size(current_database())::float8 as size');
  return { jobs, perSecond, bytesPerJob: size / jobs };
}

/** As autovacuum does it by itself some minutes later. */
async function vacuum(database) {
  const client = await database.pool.connect();
  await client.query('set statement_timeout = 0');
  for (const table of ['jobs', 'history', 'counts']) await client.query(`vacuum analyze ${table}`);
  client.release(true);
}

/** As they were made day by day while the ledger ran. */
async function makePastDays(database, now) {
  for (const parent of PARENTS) {
    for (let days = 7; days > 0; days--) {
      await database.transaction((tx) => makeDay(tx, parent, dayOf(now - days * 86_400_000)));
    }
  }
}

async function ask(reading, database, now) {
  const figures = [];
  const ids = await database.query('select id from history tablesample system (0.1) limit 200');
  figures.push(await timed('job by id', (n) => reading.job(ids[(n * 7) % ids.length].id)));
  for (const [what, filterOf] of Object.entries(firstPages(now))) {
    figures.push(await timed(what, (n) => reading.jobs({ filter: filterOf(n) }), true));
  }
  figures.push(await timed('sorted by end', () => reading.jobs({ sort: '-finished' }), true));
  figures.push(
    await timed(
      'sorted by end, tenant',
      (n) => reading.jobs({ sort: '-finished', filter: { tenant: `tenant-${n}` } }),
      true,
    ),
  );
  for (const filter of [{}, { queue: 'email' }, { tag: 'tag-7' }]) figures.push(await deep(reading, filter));
  figures.push(await timed('queues with their numbers', () => reading.queues()));
  figures.push(await timed('count of a state', () => reading.count({ state: 'dead' })));
  figures.push(await timed('count of a tag', (n) => reading.count({ tag: `tag-${n}` })));
  figures.push(await timed('groups of dead jobs', () => reading.deadGroups({ queue: 'email' })));
  return figures;
}

/** `ask` is called with 1, 2, 3, …; the first call warms up and is not counted. */
async function timed(what, ask, firstPage = false) {
  const ms = [];
  let found;
  for (let n = 0; n <= ASKED; n++) {
    const startedAt = performance.now();
    const answer = await ask(n);
    if (n > 0) ms.push(performance.now() - startedAt);
    found = answer?.items?.length;
  }
  return { what, firstPage, found, medianMs: median(ms), slowestMs: Math.max(...ms), p90Ms: quantile(ms, 0.9) };
}

async function deep(reading, filter) {
  let cursor;
  const turn = async () => {
    const page = await reading.jobs({ filter, limit: 200, cursor });
    cursor = page.cursor;
    return page;
  };
  for (let page = 0; page < DEEP_PAGES && (page === 0 || cursor); page++) await turn();
  return timed(`page ${DEEP_PAGES} and later of 200, ${JSON.stringify(filter)}`, turn);
}

function report(load, figures) {
  printTable(
    ['found', 'jobs', 'median ms', 'p90 ms', 'slowest ms'],
    figures.map(({ what, found, medianMs, p90Ms, slowestMs }) => [
      what,
      found === undefined ? '' : String(found),
      ...[medianMs, p90Ms, slowestMs].map((ms) => decimals(ms)),
    ]),
  );
  console.log(
    `\nrecorded ${whole(load.perSecond)} jobs a second, ${whole(load.bytesPerJob)} bytes a job with all indexes`,
  );
  const pages = figures.filter(({ firstPage }) => firstPage);
  const slowest = pages.reduce((a, b) => (b.medianMs > a.medianMs ? b : a));
  return {
    load,
    figures,
    claims: [
      ceiling('job by id, median ms', figures[0].medianMs, BY_ID_MS),
      ceiling(`slowest first page (${slowest.what}), median ms`, slowest.medianMs, FIRST_PAGE_MS),
    ],
  };
}
