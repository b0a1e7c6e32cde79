import { Cron } from 'croner';
import { ConfigurationError } from '../contracts/errors';

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

/** What stands for an expression, with `@` before it or without. */
const NAMED = {
  yearly: '0 0 1 1 *',
  annually: '0 0 1 1 *',
  monthly: '0 0 1 * *',
  weekly: '0 0 * * 0',
  daily: '0 0 * * *',
  midnight: '0 0 * * *',
  hourly: '0 * * * *',
} as const;

const MOST_CHARS = 200;

/** A cron expression that is checked. */
export interface CronText {
  /** Seconds first, names written out, `?` as `*`. */
  fields: string;
  /** Minute or hour begins with `*`: it recurs within the day, and follows elapsed time. */
  recurs: boolean;
  /** It asks for days that its months may not have. */
  mayNeverOccur: boolean;
  /** On a clock that is never set: what such a clock shows, as if it were in UTC. */
  cron: Cron;
}

/** @throws ConfigurationError `cron_invalid`, `field` naming the part at fault, e.g. `cron.minute` */
export function readCron(expression: string): CronText {
  const parts = partsOf(expression);
  const [second = '0', minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] = (
    parts.length === 5 ? ['0', ...parts] : parts
  ).map((part) => part.replaceAll('?', '*').toUpperCase());
  const fields = [second, minute, hour, day, month, weekday].join(' ');
  // As Vixie cron has it: both days must hold where one of them begins with a star, else either.
  const domAndDow = day.startsWith('*') || weekday.startsWith('*');
  return {
    fields,
    recurs: minute.startsWith('*') || hour.startsWith('*'),
    mayNeverOccur: month !== '*' && day !== '*',
    cron: parsed(fields, domAndDow, parts, expression),
  };
}

function parsed(fields: string, domAndDow: boolean, parts: readonly string[], expression: string): Cron {
  try {
    return new Cron(fields, { paused: true, utcOffset: 0, domAndDow, mode: '6-part' });
  } catch (cause) {
    const known = FIELDS.slice(FIELDS.length - parts.length);
    known.forEach((field, index) => checkField(field, index, parts, expression));
    throw cronFault('cron', `"${expression}" cannot be read`, 'Write it otherwise.', cause);
  }
}

function partsOf(expression: string): string[] {
  const text = typeof expression === 'string' ? expression.trim() : '';
  if (text.length > MOST_CHARS) {
    throw cronFault('cron', `it has ${text.length} characters`, `Use at most ${MOST_CHARS}.`);
  }
  const name = /^@?([a-z]+)$/i.exec(text)?.[1]?.toLowerCase();
  if (name !== undefined && name in NAMED) return NAMED[name as keyof typeof NAMED].split(' ');
  if (text.startsWith('@')) {
    const known = Object.keys(NAMED).map((each) => `@${each}`);
    throw cronFault('cron', `"${text}" is not a nickname`, `Use one of ${known.join(', ')}.`);
  }
  const parts = text.split(/\s+/);
  if (parts.length === 5 || parts.length === 6) return parts;
  const shape = 'minute, hour, day of month, month, day of week; a sixth in front are seconds';
  const count = text === '' ? 0 : parts.length;
  throw cronFault('cron', `"${text}" has ${count} fields; it must have 5 or 6`, `The fields are ${shape}.`);
}

/** Each field is tried alone: the error then names it, and not the parser's idea of it. */
function checkField({ name, allowed }: Field, index: number, parts: readonly string[], text: string): void {
  const alone = parts.map((part, i) => (i === index ? part : '*')).join(' ');
  try {
    new Cron(alone, { paused: true, mode: '5-or-6-parts' });
  } catch (cause) {
    const field = `cron.${name.replaceAll(' ', '-')}`;
    throw cronFault(
      field,
      `"${parts[index]}" in "${text}" is not a ${name}`,
      `Allowed are ${allowed}, *, lists, ranges and steps.`,
      cause,
    );
  }
}

export function cronFault(field: string, message: string, hint: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError('cron_invalid', `${field}: ${message}`, { field, hint, cause });
}
