import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  EventBus,
  Handlers,
  type JobContext,
  UnrecoverableError,
  Worker,
  amqpBroker,
  logEvents,
  namesFor,
} from '@scutwork/jobs';
import { pino } from 'pino';
import { MOST_CAPPED, type Work, campaignJobs } from '../jobs';
import { plant } from '../planted/plant';
import { RunRecord } from '../record/run-record';
import { leaveWithParent, ready } from './parent';

/** A worker of the campaign, to be killed. Its handlers write down what runs, on disk, before and after. */
interface WorkerArguments {
  name: string;
  /** One, or several joined by commas. */
  url: string;
  prefix: string;
  /** What runs is written to files in here. */
  recordDir: string;
  /** One file for each job that was held. */
  heldDir: string;
  spoolDir: string;
  concurrency: number;
}

const given = JSON.parse(process.argv[2] ?? '{}') as WorkerArguments;

async function main(): Promise<void> {
  plant();
  const { name, url, prefix, recordDir, spoolDir, concurrency } = given;
  const record = await RunRecord.open(join(recordDir, `${name}-${process.pid}.jsonl`));
  const handlers = new Handlers();
  for (const job of campaignJobs) {
    handlers.register(job, (payload: Work, context: JobContext) => run(payload, context, record));
  }
  const events = new EventBus();
  logEvents(events, pino({ name, level: process.env.LOG_LEVEL ?? 'warn' }));
  const names = namesFor(prefix);
  const broker = amqpBroker({ urls: url.split(','), names, events, reconnectMs: 300 });
  const queues = { gone: { concurrency: 3 }, paused: { concurrency: 5 }, capped: { concurrency: MOST_CAPPED } };
  const worker = new Worker({ broker, handlers, names, events, spoolDir, concurrency, queues, spoolAfterMs: 1_000 });
  process.once('SIGTERM', () => void leave(worker, broker));
  await worker.start();
  ready();
}

async function leave(...services: { stop(options: { deadlineMs: number }): Promise<void> }[]): Promise<void> {
  for (const service of services) await service.stop({ deadlineMs: 6_000 });
  process.exit(0);
}

async function run(work: Work, context: JobContext, record: RunRecord): Promise<void> {
  const { id, key, type, attempt } = context;
  const worker = `${given.name}-${process.pid}`;
  await record.write({ said: 'start', id, key, type, attempt, worker, at: Date.now() });
  const error = await doWork(work, context);
  await record.write({ said: 'end', id, attempt, worker, at: Date.now(), ok: error === undefined });
  if (error) throw error;
}

async function doWork(work: Work, { id, attempt, signal }: JobContext): Promise<Error | undefined> {
  const holdsMs = work.holdsMs !== undefined && isFirst(id) ? work.holdsMs : 0;
  const takesMs = holdsMs + (work.takesMs ?? 0);
  try {
    if (takesMs > 0) await sleep(takesMs, undefined, { signal });
  } catch {
    return new Error('it was told to end');
  }
  if (work.unrecoverable) return new UnrecoverableError('nothing can help');
  return attempt <= (work.fails ?? 0) ? new Error(`attempt ${attempt} fails`) : undefined;
}

/** Whether this job was never run by anyone: of several that ask one makes the file. */
function isFirst(id: string): boolean {
  try {
    closeSync(openSync(join(given.heldDir, id), 'wx'));
    return true;
  } catch {
    return false;
  }
}

leaveWithParent();
main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
