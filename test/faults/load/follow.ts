import { setTimeout as sleep } from 'node:timers/promises';
import { FINAL_STATES } from '@scutwork/jobs';
import type { Submission } from '../oracle/evidence';
import type { Doors } from './submit';
import type { Follow } from './wanted';

const AGAIN_MS = 400;

/** Steers a job that was accepted. */
export async function follow({ kind, afterMs }: Follow, submission: Submission, doors: Doors): Promise<void> {
  await pause(afterMs, doors);
  const path = `/jobs/${submission.id}/${kind}`;
  switch (kind) {
    case 'cancel':
      return cancel(path, submission, doors);
    case 'promote':
      return move(path, {}, submission, doors);
    case 'reschedule':
      return move(path, { delay: 1_000 }, submission, doors);
    case 'priority':
      return move(path, { priority: 'critical' }, submission, doors);
  }
}

/** The answer may be that it is too late: a refusal moves nothing. An answer that was not heard may have moved it. */
async function move(path: string, body: object, submission: Submission, { api, book, signal }: Doors): Promise<void> {
  book.note(submission, { moved: true });
  while (!signal.aborted) {
    if (await api.ask('POST', path, body)) return;
    await pause(AGAIN_MS, { signal });
  }
}

/** Until it is known to be over: somebody is told that it is cancelled, and from then on it must not start. */
async function cancel(path: string, submission: Submission, { api, book, signal }: Doors): Promise<void> {
  let isAsked = false;
  while (!signal.aborted) {
    const answer = isAsked
      ? await api.ask<{ state?: string }>('GET', `/jobs/${submission.id}`)
      : await api.ask<{ state?: string }>('POST', path);
    // A job that has just been added may not be known yet; one that is finished cannot be cancelled.
    if (answer !== undefined) isAsked = true;
    const state = answer?.body.state ?? '';
    if (state === 'cancelled') book.note(submission, { cancelledAt: answer?.at });
    if ((FINAL_STATES as readonly string[]).includes(state)) return;
    await pause(AGAIN_MS, { signal });
  }
}

async function pause(ms: number, { signal }: Pick<Doors, 'signal'>): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
