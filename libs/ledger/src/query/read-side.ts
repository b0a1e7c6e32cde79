import { DEFAULT_RUN_POLICY } from '@scutwork/jobs';
import type { DeadGroup, FeedEntry, JobCount, JobFilter, JobQuery, JobSummary, JobView, LogView } from '../api';
import type { MetricsQuery, MetricsView, Page, PageRequest, QueueView, Reading, WorkerView } from '../api';
import { noSecrets, type Secrets } from '../record/secrets';
import type { Database } from '../store/database';
import { LedgerError } from '../store/ledger-error';
import { countJobs } from './count-jobs';
import { readDeadGroups } from './dead-groups';
import { findJob, listLogs } from './find-job';
import { listJobs, resolveQuery } from './list-jobs';
import { readFeed } from './read-feed';
import { readHistory } from './read-history';
import { readMetrics, resolveMetrics } from './read-metrics';
import { readQueues } from './read-queues';
import { readWorkers } from './read-workers';
import { Reader } from './reader';
import { type Shown, toView } from './views';

export interface ReadSideOptions {
  database: Database;
  /** What of payloads is hidden: `secretsOf(definitions)`. Default nothing. */
  secrets?: Secrets;
  /** How often workers try jobs of which neither they nor their type say it. Default 3. */
  defaultAttempts?: number;
  /** Milliseconds that one statement may take. Default 2,000. */
  statementTimeoutMs?: number;
}

/**
 * All that can be asked of the ledger. Each question is one read-only transaction with a bound on its cost.
 *
 * @example
 * const reading = new ReadSide({ database, secrets: secretsOf([Welcome]) });
 * const { items, cursor } = await reading.jobs({ filter: { queue: 'email', state: 'dead' } });
 */
export class ReadSide implements Reading {
  private readonly reader: Reader;
  private readonly shown: Shown;

  constructor({ database, secrets = noSecrets, defaultAttempts, statementTimeoutMs = 2_000 }: ReadSideOptions) {
    this.reader = new Reader(database, statementTimeoutMs);
    this.shown = { secrets, attempts: defaultAttempts ?? DEFAULT_RUN_POLICY.maxAttempts };
  }

  async job(id: string): Promise<JobView> {
    return toView(await this.reader.read((tx) => findJob(tx, id)), this.shown);
  }

  async jobs(query: JobQuery): Promise<Page<JobSummary>> {
    const listing = resolveQuery(query, this.shown);
    return this.reader.read((tx) => listJobs(tx, listing));
  }

  async count(filter: JobFilter): Promise<JobCount> {
    return this.reader.read((tx) => countJobs(tx, filter));
  }

  async logs(id: string, page: PageRequest): Promise<Page<LogView>> {
    return this.reader.read((tx) => listLogs(tx, id, page));
  }

  async queues(): Promise<QueueView[]> {
    return this.reader.read((tx) => readQueues(tx));
  }

  async queue(name: string): Promise<QueueView> {
    const [queue] = await this.reader.read((tx) => readQueues(tx, name));
    if (queue) return queue;
    throw new LedgerError('queue_not_found', `There is no queue ${JSON.stringify(name.slice(0, 200))}.`, {
      hint: 'A queue is known when a job was put into it, a worker serves it, or it was paused or capped.',
    });
  }

  async deadGroups(filter: JobFilter): Promise<DeadGroup[]> {
    return this.reader.read((tx) => readDeadGroups(tx, filter));
  }

  async workers(): Promise<WorkerView[]> {
    return this.reader.read(readWorkers);
  }

  async metrics(query: MetricsQuery): Promise<MetricsView> {
    const range = resolveMetrics(query, Date.now());
    return this.reader.read((tx) => readMetrics(tx, range));
  }

  history(filter: JobFilter): AsyncIterable<JobView[]> {
    return readHistory(this.reader, filter, this.shown);
  }

  async feed(after: number | 'now'): Promise<{ seq: number; changes: FeedEntry[]; lost: boolean }> {
    return this.reader.read((tx) => readFeed(tx, after));
  }
}
