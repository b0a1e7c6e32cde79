import type { Timing } from '../contracts/control';
import { type Duration, durationMs } from '../contracts/duration';
import { ConfigurationError } from '../contracts/errors';
import { type Occurrences, cronOccurrences, everyOccurrences } from './cron';
import { describeCron, describeEvery } from './describe-cron';

/** As people write it: either `cron` or `every`. */
export interface TimingDeclaration {
  cron?: string;
  every?: Duration;
  timeZone?: string;
}

/** The distance of two ticks, at least. */
const LEAST_EVERY_MS = 1_000;
const MOST_EVERY_MS = 100 * 365 * 86_400_000;

/**
 * The one evaluator: scheduler and ledger ask it alike, so that they agree on every moment.
 * @throws ConfigurationError `cron_invalid`, naming the field at fault
 */
export function occurrencesOf({ cron, timeZone = 'UTC', everyMs, anchor, startAt, endAt }: Timing): Occurrences {
  const occurs = cron === undefined ? everyOccurrences(everyMs ?? 0, anchor) : cronOccurrences(cron, timeZone);
  return (afterMs) => {
    const found = occurs(startAt === undefined ? afterMs : Math.max(afterMs, startAt - 1));
    return found === undefined || (endAt !== undefined && found >= endAt) ? undefined : found;
  };
}

/**
 * What was declared, checked.
 * @throws ConfigurationError `cron_invalid`, naming the field at fault
 */
export function readTiming({
  cron,
  every,
  timeZone,
}: TimingDeclaration): Pick<Timing, 'cron' | 'everyMs' | 'timeZone'> {
  if ((cron === undefined) === (every === undefined)) {
    throw invalid(
      'cron',
      'a schedule has either cron or every',
      'Give one of the two, e.g. cron: "0 9 * * MON-FRI" or every: "15m".',
    );
  }
  if (cron !== undefined) {
    cronOccurrences(cron, timeZone ?? 'UTC');
    return { cron, timeZone: timeZone ?? 'UTC' };
  }
  if (timeZone !== undefined) throw invalid('timeZone', 'it has no meaning beside every', 'Leave it out, or use cron.');
  const everyMs = every === undefined ? undefined : durationMs(every);
  if (everyMs === undefined || everyMs < LEAST_EVERY_MS || everyMs > MOST_EVERY_MS) {
    throw invalid(
      'every',
      `${JSON.stringify(every)} is not a distance`,
      'Use at least 1000 milliseconds, or a text such as "15m".',
    );
  }
  return { everyMs: Math.round(everyMs) };
}

/** The sentence that says when it ticks. */
export function describeTiming({ cron, everyMs = 0 }: Timing): string {
  return cron === undefined ? describeEvery(everyMs) : describeCron(cron);
}

function invalid(field: string, message: string, hint: string): ConfigurationError {
  return new ConfigurationError('cron_invalid', `${field}: ${message}`, { field, hint });
}
