import type { JobEvent, RecordedEvent } from '@scutwork/jobs/wire';
import { isJobFact } from './change';
import { type NewRow, lineOf } from './copy-rows';
import type { JobRow } from './job-row';
import { isFinished, merge } from './merge';
import type { Secrets } from './secrets';
import { shelfOf } from './shelf';
import { storable } from './storable';

/** All that can be made of facts before the database is asked. */
export interface PreparedFacts {
  /** Storable. */
  facts: readonly RecordedEvent[];
  ofJobs: readonly JobEvent[];
  /** By id. Nearly every job that is told of is new, and then this is its row, and its line. */
  fresh: ReadonlyMap<string, NewRow>;
}

/** So many are made at a time: whoever waits for the database meanwhile gets on at once when it has answered. */
const SLICE = 200;

export async function prepareFacts(told: readonly RecordedEvent[], secrets: Secrets): Promise<PreparedFacts> {
  const facts: RecordedEvent[] = [];
  const ofJobs: JobEvent[] = [];
  const rows = new Map<string, JobRow>();
  for await (const slice of inSlices(told)) {
    for (const fact of slice.map(storable)) {
      facts.push(fact);
      if (!isJobFact(fact)) continue;
      ofJobs.push(fact);
      rows.set(fact.id, merge(rows.get(fact.id), fact));
    }
  }
  const fresh = new Map<string, NewRow>();
  for await (const slice of inSlices([...rows.values()])) {
    for (const job of slice) {
      const row = newRow(job);
      fresh.set(job.id, { ...row, line: lineOf(row, secrets) });
    }
  }
  return { facts, ofJobs, fresh };
}

/** Where the row of a job goes, and what it has there beside the columns that all have. */
export function newRow(job: JobRow): NewRow {
  return { job, own: isFinished(job) ? shelfOf(job) : false };
}

async function* inSlices<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let at = 0; at < items.length; at += SLICE) {
    if (at > 0) await new Promise((resolve) => setImmediate(resolve));
    yield items.slice(at, at + SLICE);
  }
}
