import { toString as inWords } from 'cronstrue';
import { readCron } from './cron-text';

/**
 * A schedule as a sentence, e.g. `At 09:00, Monday through Friday`.
 * @throws ConfigurationError `cron_invalid` as {@link cronOccurrences} does
 */
export function describeCron(expression: string): string {
  // Checked first: ranges without an end would cost all memory.
  const { fields } = readCron(expression);
  return inWords(fields.replace(/^0 /, ''), { use24HourTimeFormat: true, verbose: false });
}

/** The same for a distance in milliseconds, e.g. `Every 15 minutes`. */
export function describeEvery(everyMs: number): string {
  const [unit, size] = UNITS.find(([, ms]) => everyMs % ms === 0) ?? ['millisecond', 1];
  const count = everyMs / size;
  return count === 1 ? `Every ${unit}` : `Every ${count} ${unit}s`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];
