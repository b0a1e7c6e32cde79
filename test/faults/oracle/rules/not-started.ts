import type { Submission } from '../evidence';
import type { Finding } from '../finding';
import type { Known, Start } from '../known';

const TOLERANCE_MS = 30;

/** Nothing starts too early, when its time is over, or when somebody was told that it is cancelled. */
export function notStarted(known: Known): Finding[] {
  return known.accepted.flatMap((job) => known.startsOf(job.id).flatMap((start) => judge(job, start) ?? []));
}

function judge({ id, kind, sentAt, expected, cancelledAt, moved }: Submission, { at }: Start): Finding | undefined {
  const wrong = (rule: string, says: string): Finding => ({
    verdict: 'wrong',
    rule,
    id,
    says: `this ${kind} job ${says}`,
  });
  const { delayMs = 0, expiresAt } = expected;
  if (!moved && at < sentAt + delayMs - TOLERANCE_MS)
    return wrong('delay', `was started after ${at - sentAt} ms, not ${delayMs}`);
  if (expiresAt !== undefined && at > expiresAt + TOLERANCE_MS)
    return wrong('expiry', `was started ${at - expiresAt} ms after it had expired`);
  if (cancelledAt !== undefined && at > cancelledAt)
    return wrong('cancel', `was started ${at - cancelledAt} ms after it was reported cancelled`);
  return undefined;
}
