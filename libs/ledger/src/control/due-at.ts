import { durationMs } from '@scutwork/jobs';
import { LedgerError } from '../store/ledger-error';

/** To when a job is put off. */
export type PutOff = { delay: number | string } | { at: string };

/**
 * When that is, by the time at which it is decided (ms since 1970).
 * @throws LedgerError `filter_invalid`
 */
export function dueAtOf(to: PutOff): (now: number) => number {
  if ('at' in to) {
    const at = Date.parse(to.at);
    if (!Number.isNaN(at)) return () => at;
    throw new LedgerError('filter_invalid', `at is ${JSON.stringify(to.at)}`, {
      field: 'at',
      hint: 'Use an ISO 8601 time with a zone, e.g. "2030-01-01T09:00:00Z".',
    });
  }
  const delayMs = durationMs(to.delay);
  if (delayMs !== undefined && delayMs >= 0) return (now) => now + delayMs;
  throw new LedgerError('filter_invalid', `delay is ${JSON.stringify(to.delay)}`, {
    field: 'delay',
    hint: 'Use milliseconds of 0 or more, or a text such as "90s".',
  });
}
