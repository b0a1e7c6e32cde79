import { type Delivery, HEADER, type IncomingMessage, type Names } from '@scutwork/jobs';
import type { JobEvent } from '@scutwork/jobs/wire';
import type { Recorder } from '../record/recorder';
import type { Database } from '../store/database';
import { type FoundJob, readJob, submittedBy } from './read-job';

interface Later {
  id: string;
  generation: number;
  wait_ms: number;
  since: number;
}

/**
 * Takes far delays and far retries from `jobs.later` into their rows, in one transaction: nothing of them is at the
 * broker then, and the due duty publishes them. One that was moved meanwhile, or is finished, is dropped.
 */
export function recordLater(
  database: Database,
  recorder: Recorder,
  names: Names,
): (deliveries: readonly Delivery[]) => Promise<void> {
  return async (deliveries) => {
    const now = Date.now();
    const found = deliveries.map(({ message }) => ({ message, job: readJob(message, names) }));
    const facts = found.flatMap(({ message, job }) => factsOf(job, message, now));
    const taken = found.map(({ message, job }): Later => {
      const { generation, delayMs } = job.headers;
      return { id: job.identity.id, generation, wait_ms: delayMs, since: sinceOf(message, now) };
    });
    await database.transaction(async (tx) => {
      await recorder.recordIn(tx, facts);
      await tx.query(TAKE, [JSON.stringify(taken)]);
    });
  };
}

/**
 * By the clock of whoever sent it, as all that was told of it before: by another clock a retry could seem older than the
 * start that it follows.
 */
function factsOf(job: FoundJob, message: IncomingMessage, now: number): JobEvent[] {
  const { headers } = job;
  const submitted = submittedBy(job, message, headers.attempt > 1 ? now : sinceOf(message, now));
  if (headers.attempt === 1) return [submitted];
  const { id, key, type, generation, traceparent, delayMs } = submitted;
  return [
    submitted,
    {
      ...{ event: 'retrying', id, key, type, generation, traceparent, delayMs, at: sinceOf(message, now) },
      // Why it failed is in what its worker told of that run.
      ...{ attempt: headers.attempt - 1, delivery: 0, worker: '', failure: { name: '', message: '' } },
    },
  ];
}

function sinceOf({ headers }: IncomingMessage, now: number): number {
  const since = headers[HEADER.laterSince];
  return typeof since === 'number' && since >= 0 && since <= END_OF_TIME ? since : now;
}

const END_OF_TIME = 8_640_000_000_000_000;

/**
 * Due by the database's clock. What has lain in the queue for more than a minute, as while no ledger ran, has waited as
 * much; less may be nothing but a difference of clocks.
 */
const TAKE = `
update jobs set in_ledger = true,
  due_at = to_timestamp(least(${END_OF_TIME}, clock.ms + wait_ms - case when clock.ms - since > 60000 then clock.ms - since else 0 end) / 1000.0)
from json_to_recordset($1::json) as row (id uuid, generation int, wait_ms float8, since float8),
  (select extract(epoch from now()) * 1000 as ms) as clock
where jobs.id = row.id and jobs.generation <= row.generation`;
