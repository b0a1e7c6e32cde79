import { JobNotAccepted } from '../contracts/errors';
import type { PreparedJob } from './prepare';

/** One entry of `JobsClient.addMany` that was not accepted. */
export interface NotAdded {
  /** Its place in the input. */
  index: number;
  error: JobNotAccepted;
}

/** How one job is handed over. */
interface Ways {
  /** Resolves when the buffer takes more. */
  whenRoom: () => Promise<void> | undefined;
  /** @param done told how it ended: why it was refused, or nothing */
  send: (job: PreparedJob, done: (refused?: JobNotAccepted) => void) => void;
  /** Of one that the ledger decides on. */
  submit: (job: PreparedJob) => Promise<unknown>;
}

/**
 * Hands many jobs over, no more at a time than the buffer holds, and resolves when it is known how each ended. No promise
 * is made of a job: thousands of them, held until the last is confirmed, cost more than the messages.
 */
export async function sendMany(jobs: readonly PreparedJob[], { whenRoom, send, submit }: Ways): Promise<NotAdded[]> {
  const failures: NotAdded[] = [];
  const gated: Promise<unknown>[] = [];
  const sent = countdown();
  for (const [index, job] of jobs.entries()) {
    await whenRoom();
    if (job.gated) {
      gated.push(submit(job).catch((error: unknown) => failures.push({ index, error: asNotAccepted(error) })));
      continue;
    }
    sent.begin();
    send(job, (refused) => {
      if (refused) failures.push({ index, error: refused });
      sent.end();
    });
  }
  sent.end();
  await Promise.all([sent.all, ...gated]);
  return failures.sort((a, b) => a.index - b.index);
}

/** `all` resolves when what was begun has ended; it counts itself as begun. */
function countdown(): { all: Promise<void>; begin(): void; end(): void } {
  let open = 1;
  let resolveAll: () => void;
  const all = new Promise<void>((resolve) => (resolveAll = resolve));
  return {
    all,
    begin: () => {
      open += 1;
    },
    end: () => {
      open -= 1;
      if (open === 0) resolveAll();
    },
  };
}

/** @throws whatever is not about one job */
function asNotAccepted(error: unknown): JobNotAccepted {
  if (error instanceof JobNotAccepted) return error;
  throw error;
}
