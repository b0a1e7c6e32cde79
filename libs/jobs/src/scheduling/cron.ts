import { Cron } from 'croner';
import { ConfigurationError } from '../contracts/errors';

/** The first moment after `afterMs`, both in milliseconds since 1970; undefined when there is none. */
export type Occurrences = (afterMs: number) => number | undefined;

interface Field {
  name: string;
  allowed: string;
}

const FIELDS: readonly Field[] = [
  { name: 'second', allowed: '0-59' },
  { name: 'minute', allowed: '0-59' },
  { name: 'hour', allowed: '0-23' },
  { name: 'day of month', allowed: '1-31, L for the last, or 15W for the weekday nearest to the 15th' },
  { name: 'month', allowed: '1-12 or JAN-DEC' },
  {
    name: 'day of week',
    allowed: '0-7 (0 and 7 are Sunday) or SUN-SAT, MON#2 for the second Monday, FRIL for the last Friday',
  },
];
const NICKNAMES = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/**
 * When a cron expression of 5 fields, 6 with seconds first, or a nickname such as `@daily` occurs. Day of month and day
 * of week are either-or, as in Vixie cron. Where clocks change: a fixed time that the day leaves out occurs at the next
 * moment there is, one that comes twice occurs once; what recurs within the day (`*` or `/`) follows elapsed time.
 *
 * @throws ConfigurationError `cron_invalid`, `field` naming the part at fault, e.g. `cron.minute` or `timeZone`
 * @example cronOccurrences('30 2 * * *', 'Europe/Berlin')(Date.now())
 */
export function cronOccurrences(expression: string, timeZone: string): Occurrences {
  checkTimeZone(timeZone);
  checkFields(expression);
  const cron = new Cron(expression, { timezone: timeZone, paused: true });
  const next: Occurrences = (afterMs) => cron.nextRun(new Date(afterMs))?.getTime();
  if (next(Date.UTC(2000, 0, 1)) === undefined) {
    throw invalid('cron', `"${expression}" never occurs`, 'Choose a day that its month has.');
  }
  return next;
}

/**
 * The same for a fixed distance, counted from 1970 in UTC: every replica finds the same moments, and a restart shifts none.
 * @param everyMs milliseconds, at least 1000
 */
export function everyOccurrences(everyMs: number): Occurrences {
  return (afterMs) => (Math.floor(afterMs / everyMs) + 1) * everyMs;
}

function checkTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw invalid(
      'timeZone',
      `${JSON.stringify(timeZone)} is not a time zone`,
      'Use a name such as "UTC" or "Europe/Berlin".',
    );
  }
}

function checkFields(expression: string): void {
  const text = expression.trim();
  if (text.startsWith('@')) {
    if (NICKNAMES.includes(text.toLowerCase())) return;
    throw invalid('cron', `"${text}" is not a nickname`, `Use one of ${NICKNAMES.join(', ')}.`);
  }
  const parts = text.split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6) {
    const shape = 'minute, hour, day of month, month, day of week; a sixth in front are seconds';
    throw invalid(
      'cron',
      `"${text}" has ${text === '' ? 0 : parts.length} fields; it must have 5 or 6`,
      `The fields are ${shape}.`,
    );
  }
  const fields = FIELDS.slice(FIELDS.length - parts.length);
  fields.forEach((field, index) => checkField(field, index, parts, text));
}

/** Each field is tried alone: the error then names it, and not the parser's idea of it. */
function checkField({ name, allowed }: Field, index: number, parts: readonly string[], text: string): void {
  const alone = parts.map((part, i) => (i === index ? part : '*')).join(' ');
  try {
    new Cron(alone, { paused: true, mode: '5-or-6-parts' });
  } catch (cause) {
    const field = `cron.${name.replaceAll(' ', '-')}`;
    throw invalid(
      field,
      `"${parts[index]}" in "${text}" is not a ${name}`,
      `Allowed are ${allowed}, *, lists, ranges and steps.`,
      cause,
    );
  }
}

function invalid(field: string, message: string, hint: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError('cron_invalid', `${field}: ${message}`, { field, hint, cause });
}
