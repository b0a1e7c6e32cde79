import type { RecordedEvent } from '@scutwork/jobs/wire';
import { isPriority } from '@scutwork/jobs/wire';
import { isUuid } from '../store/is-uuid';

/** Whether a member of a fact can be what it is said to be. */
type Check = (value: unknown) => boolean;

/** PostgreSQL's `integer`. */
const MOST_INTEGER = 2_147_483_647;
/** The last moment that a `Date` can hold; PostgreSQL goes on a little longer. */
const END_OF_TIME = 8_640_000_000_000_000;
/** More than a name in an index of PostgreSQL may have of any character. */
const MOST_NAME = 600;

const text: Check = (value) => typeof value === 'string';
const name: Check = (value) => typeof value === 'string' && value.length <= MOST_NAME;
const uuid: Check = (value) => typeof value === 'string' && isUuid(value);
const whole = (least: number, most: number): Check => {
  return (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
};
const count = whole(0, MOST_INTEGER);
const span = whole(0, Number.MAX_SAFE_INTEGER);
const time = whole(0, END_OF_TIME);
const maybe = (check: Check): Check => {
  return (value) => value === undefined || check(value);
};
const list = (check: Check): Check => {
  return (value) => Array.isArray(value) && value.every(check);
};
const oneOf = (...values: unknown[]): Check => {
  return (value) => values.includes(value);
};
const shape = (members: Shape): Check => {
  return (value) => typeof value === 'object' && value !== null && faultIn(value, members) === undefined;
};

type Shape = Readonly<Record<string, Check>>;

const failure = shape({ name: text, message: text, code: maybe(text), stack: maybe(text) });
const slots: Check = (value) =>
  typeof value === 'object' && value !== null && Object.values(value).every(shape({ most: count, taken: count }));
const backoff = shape({ type: oneOf('fixed', 'exponential', 'custom'), jitter: (value) => typeof value === 'number' });

const ofJob = { id: uuid, key: maybe(text), type: name, generation: count, at: time, traceparent: maybe(text) };
const ofRun = { ...ofJob, attempt: count, delivery: count, worker: name };
const ofEndedRun = { ...ofRun, startedAt: maybe(time) };
const submission = {
  ...{ priority: isPriority, payload: text, version: maybe(count), maxAttempts: maybe(count), backoff: maybe(backoff) },
  ...{ timeoutMs: maybe(span), expiresAt: maybe(time), tags: maybe(list(text)), tenant: maybe(text) },
  ...{ correlationId: maybe(text), group: maybe(text), schedule: maybe(text), flow: maybe(text) },
  scheduledFor: maybe(time),
  origin: maybe(oneOf('client', 'api', 'foreign', 'schedule')),
};

const SHAPES: Readonly<Record<RecordedEvent['event'], Shape>> = {
  submitted: { ...ofJob, ...submission, delayMs: span },
  adopted: { ...ofEndedRun, ...submission },
  started: ofRun,
  progressed: { ...ofRun, progress: text, seq: count },
  logged: { ...ofRun, level: name, message: text, fields: maybe(text), seq: count },
  completed: { ...ofEndedRun, result: maybe(text) },
  retrying: { ...ofEndedRun, delayMs: span, failure },
  dead: { ...ofEndedRun, reason: name, failure, payload: maybe(text) },
  expired: ofEndedRun,
  cancelled: { ...ofEndedRun, cancel: oneOf('cancel', 'move') },
  deferred: { ...ofEndedRun, delayMs: span, reason: name },
  suspected: { ...ofEndedRun, deliveries: count },
  'worker.seen': {
    ...{ worker: name, at: time, queues: list(name), types: list(name), running: list(uuid), held: count },
    ...{ startedAt: time, controlVersion: maybe(span), heldJobs: maybe(list(uuid)), slots: maybe(slots) },
  },
  'ledger.pulse': { producer: name, number: span, at: time },
  'queue.probed': { worker: name, at: time, queue: name, priority: isPriority, probe: uuid, held: list(uuid) },
};

/** Why this is no fact, or undefined when it is one. */
export function factFault(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'it is no object';
  const { event } = value as { event?: unknown };
  const members =
    typeof event === 'string' && Object.hasOwn(SHAPES, event) ? SHAPES[event as keyof typeof SHAPES] : undefined;
  return members ? faultIn(value, members) : `there is no event ${shown(event)}`;
}

function faultIn(value: object, members: Shape): string | undefined {
  for (const name in members) {
    const member = (value as Record<string, unknown>)[name];
    if (!members[name]?.(member)) return `${name} cannot be ${shown(member)}`;
  }
  return undefined;
}

const shown = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value).slice(0, 100));
