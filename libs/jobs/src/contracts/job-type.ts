import { JobError } from './errors';

/** Highest first. Each level has its own exchange and its own queue per job queue. */
export const PRIORITIES = ['critical', 'high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Words that name parts of the topology: no queue may be called so. */
const RESERVED = new Set<string>([
  ...PRIORITIES,
  ...[
    'in',
    'to',
    'delay',
    'due',
    'dead',
    'suspect',
    'stray',
    'later',
    'records',
    'ledger',
    'events',
    'submit',
    'control',
  ],
]);

const WORD = /^[a-z0-9-]+$/;
const MAX_TYPE_LENGTH = 120;

/**
 * The queue of a job type: its first word. `queueOf('email.welcome')` is `'email'`.
 * Does not check the type; see {@link checkJobType}.
 */
export function queueOf(type: string): string {
  const dot = type.indexOf('.');
  return dot === -1 ? type : type.slice(0, dot);
}

/** Why `type` is not a legal job type, or undefined when it is. */
export function jobTypeFault(type: unknown): string | undefined {
  if (typeof type !== 'string' || type === '') return 'a job type is a text such as "email.welcome"';
  if (type.length > MAX_TYPE_LENGTH) return `it has ${type.length} characters; ${MAX_TYPE_LENGTH} are the most`;
  if (!type.split('.').every((word) => WORD.test(word))) return 'it must be words of a-z, 0-9 and "-", joined by dots';
  const queue = queueOf(type);
  if (RESERVED.has(queue)) return `its first word names its queue, and "${queue}" is reserved`;
  return undefined;
}

/** Why nothing can be queued under this name, or undefined when it is the first word of legal job types. */
export function queueNameFault(queue: string): string | undefined {
  return queue.includes('.') ? 'a queue is one word' : jobTypeFault(queue);
}

/**
 * Returns `type` when it is legal.
 * @throws JobError `job_type_invalid`
 */
export function checkJobType(type: string): string {
  const fault = jobTypeFault(type);
  if (fault) {
    throw new JobError('job_type_invalid', `Job type ${JSON.stringify(type)} is not legal: ${fault}`, {
      field: 'type',
      hint: 'Use lower-case words joined by dots, the queue first, e.g. "email.welcome".',
    });
  }
  return type;
}

export function isPriority(value: unknown): value is Priority {
  return (PRIORITIES as readonly unknown[]).includes(value);
}
