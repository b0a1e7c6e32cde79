import { setTimeout as sleep } from 'node:timers/promises';
import { type AddedJob, JobNotAccepted, type JobsClient, newJobId } from '@scutwork/jobs';
import type { Submission } from '../oracle/evidence';
import type { Book } from './book';
import type { LedgerApi } from './ledger-api';
import type { Wanted } from './wanted';

/** What was answered: that of `add`, or of the API, which says the same. */
type Told = Pick<AddedJob, 'id' | 'duplicate'>;

const AGAIN_MS = 400;

export interface Doors {
  book: Book;
  client: JobsClient;
  api: LedgerApi;
  /** Aborted when nothing is asked for any more. */
  signal: AbortSignal;
}

/** Asks for a job until somebody says that it is taken: always by the same id, so that it is one job however often. */
export async function submit(wanted: Wanted, doors: Doors): Promise<Submission> {
  const { book, signal } = doors;
  const { kind, by, expected, options } = wanted;
  const submission = book.open({
    ...{ id: newJobId(), kind, by, expected, sentAt: Date.now(), asked: 0, answer: 'unknown' },
    uniqueKey: options.unique?.key,
  });
  while (!signal.aborted) {
    submission.asked++;
    const told = await (by === 'client' ? byClient(wanted, submission.id, doors) : byApi(wanted, submission.id, doors));
    if (told) {
      const isDuplicate = told.duplicate === true && told.id !== submission.id;
      const answer = isDuplicate ? 'duplicate' : 'accepted';
      book.note(submission, { answer, answeredAt: Date.now(), standing: isDuplicate ? told.id : undefined });
      return submission;
    }
    await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
  return submission;
}

async function byClient({ job, payload, options }: Wanted, id: string, { client }: Doors): Promise<Told | undefined> {
  try {
    return await client.add(job, payload, { ...options, id });
  } catch (error) {
    // Refused or unknown: either way asking again by the same id is safe.
    if (error instanceof JobNotAccepted) return undefined;
    throw error;
  }
}

async function byApi({ job, payload, options }: Wanted, id: string, { api }: Doors): Promise<Told | undefined> {
  const answer = await api.ask<Told>('POST', '/jobs', { type: job.type, payload, options: { ...options, id } });
  if (answer === undefined) return undefined;
  if (answer.status === 202) return answer.body;
  throw new Error(`POST /jobs answered ${answer.status}: ${JSON.stringify(answer.body)}`);
}
