import { isAbsolute, join, relative } from 'node:path';
import type { Configuration } from './configuration';
import type { FoundBroker } from './find-broker';
import type { FoundDatabase } from './find-database';
import { masked } from './screen';

/** A queue as the workers app describes it. */
export interface QueueInfo {
  name: string;
  concurrency: number;
  priority?: string;
}

export interface BannerFacts {
  configuration: Configuration;
  broker: FoundBroker;
  database: FoundDatabase;
  queues: QueueInfo[];
  tokenFile: string;
  /** Where the person is, so that paths can be typed as they stand. */
  cwd: string;
}

/** What is running where, and the first thing to try. */
export function banner(facts: BannerFacts): string {
  const { configuration, queues, tokenFile, cwd } = facts;
  const { ports, dataDir } = configuration;
  const at = (port: number, path = '') => `http://127.0.0.1:${port}${path}`;
  const rows: [string, string][] = [
    ['API', at(ports.producer, '/api/v1')],
    ['Workers', at(ports.workers, '/health')],
    ['Scheduler', at(ports.scheduler, '/health')],
    ['RabbitMQ', brokerRow(facts.broker, cwd)],
    ['PostgreSQL', databaseRow(facts.database, cwd)],
    ['Queues', queues.length > 0 ? queues.map(describeQueue).join(', ') : `see ${at(ports.workers, '/health')}`],
    ['Token', `${typed(tokenFile, cwd)} (admin; only you can read it)`],
    ['Mail', `${typed(join(dataDir, 'outbox'), cwd)}/*.eml, until SMTP_HOST is set`],
    ['Logs', `${typed(join(dataDir, 'logs'), cwd)}/`],
  ];
  return [
    '',
    '  Scutwork is running.',
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(11)} ${value}`),
    '',
    '  Submit a first job:',
    '',
    `  ${firstJob(ports.producer, typed(tokenFile, cwd))}`,
    '',
    '  Ctrl-C stops everything; the next start finds everything again.',
    '',
  ].join('\n');
}

/** One line for the shell that submits a job. */
export function firstJob(port: number, tokenFile: string): string {
  const job = JSON.stringify({ type: 'email.welcome', payload: { to: 'ada@example.org', name: 'Ada' } });
  const file = /^[\w./-]+$/.test(tokenFile) ? tokenFile : `'${tokenFile.replaceAll("'", `'\\''`)}'`;
  return (
    `curl -s -X POST http://127.0.0.1:${port}/api/v1/jobs -H "authorization: Bearer $(cat ${file})"` +
    ` -H 'content-type: application/json' -d '${job}'`
  );
}

/** Asks the workers app for its queues; an older or foreign one may not know, and then there is nothing to show. */
export async function askForQueues(port: number): Promise<QueueInfo[]> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/info`, { signal: AbortSignal.timeout(2_000) });
    if (!response.ok) return [];
    const { queues } = (await response.json()) as { queues?: unknown };
    return Array.isArray(queues) ? queues.filter(isQueueInfo) : [];
  } catch {
    return [];
  }
}

function isQueueInfo(value: unknown): value is QueueInfo {
  if (typeof value !== 'object' || value === null) return false;
  const { name, concurrency } = value as Partial<QueueInfo>;
  return typeof name === 'string' && typeof concurrency === 'number';
}

function describeQueue({ name, concurrency, priority }: QueueInfo): string {
  return `${name} ${concurrency}${priority && priority !== 'normal' ? ` (${priority})` : ''}`;
}

function brokerRow(broker: FoundBroker, cwd: string): string {
  const address = masked(broker.url);
  switch (broker.kind) {
    case 'given':
      return `${address}   from AMQP_URL`;
    case 'found':
      return `${address}   found on this machine`;
    case 'private':
      return `${address}   private, in ${typed(broker.server.dataDir, cwd)}/`;
    case 'none':
      return 'none yet';
  }
}

function databaseRow(database: FoundDatabase, cwd: string): string {
  switch (database.kind) {
    case 'given':
      return `${masked(database.url)}   from DATABASE_URL`;
    case 'private':
      return `${masked(database.url)}   private, in ${typed(database.server.clusterDir, cwd)}/`;
    case 'none':
      return 'none (jobs run without it)';
  }
}

/** A path as the person can type it. */
function typed(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near === '' || near.startsWith('..') || isAbsolute(near) ? path : near;
}
