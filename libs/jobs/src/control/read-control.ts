import {
  CONTROL_MESSAGE_TYPE,
  type ControlEntries,
  type ControlEntry,
  type ControlMessage,
  type ScheduleEntry,
} from '../contracts/control';
import { isPriority } from '../contracts/job-type';
import type { IncomingMessage } from '../contracts/message';
import { reasonOf } from '../contracts/reason';

/** A message of the control stream; a text says why it cannot be read; undefined: it is none for this release. */
export function readControl({ type, body }: IncomingMessage): ControlMessage | string | undefined {
  if (type !== undefined && type !== CONTROL_MESSAGE_TYPE) return undefined;
  try {
    return messageOf(members(JSON.parse(body.toString())));
  } catch (error) {
    return reasonOf(error);
  }
}

type Members = Record<string, unknown>;

/** @throws TypeError naming the member at fault */
function messageOf(given: Members): ControlMessage | undefined {
  const version = whole(given.version, 'version');
  const snapshotAt = finite(given.snapshotAt, 'snapshotAt');
  switch (given.kind) {
    case 'delta':
      return { kind: 'delta', version, snapshotAt, set: entriesOf(given.set), lift: texts(given.lift, 'lift') };
    case 'snapshot':
      return {
        ...{ kind: 'snapshot', version, snapshotAt, entries: entriesOf(given.entries) },
        ...{ part: whole(given.part, 'part'), parts: whole(given.parts, 'parts') },
      };
    case 'beat':
      return {
        ...{ kind: 'beat', version, snapshotAt, now: finite(given.now, 'now') },
        ...(isLeftOut(given.full) ? {} : { full: texts(given.full, 'full') }),
      };
    default:
      return undefined;
  }
}

function entriesOf(given: unknown): ControlEntries {
  const read = Object.entries(members(given)).flatMap(([key, value]) => {
    const entry = entryOf(key, members(value));
    return entry ? [[key, entry] as const] : [];
  });
  return Object.fromEntries(read);
}

/** Of a kind that this release does not know: undefined. */
function entryOf(key: string, given: Members): ControlEntry | undefined {
  switch (given.kind) {
    case 'pause':
      return isLeftOut(given.type)
        ? { kind: 'pause', queue: text(given.queue, `${key}.queue`) }
        : { kind: 'pause', type: text(given.type, `${key}.type`) };
    case 'revoke': {
      const { cancel } = given;
      if (cancel !== 'cancel' && cancel !== 'move') throw new TypeError(`${key}.cancel is neither "cancel" nor "move"`);
      const generation = whole(given.generation, `${key}.generation`);
      return { kind: 'revoke', id: text(given.id, `${key}.id`), generation, cancel };
    }
    case 'revoke-all': {
      const { type, priority } = given;
      if (!isLeftOut(priority) && !isPriority(priority)) throw new TypeError(`${key}.priority is none`);
      return {
        ...{
          kind: 'revoke-all',
          queue: text(given.queue, `${key}.queue`),
          before: finite(given.before, `${key}.before`),
        },
        ...(isLeftOut(type) ? {} : { type: text(type, `${key}.type`) }),
        ...(isLeftOut(priority) ? {} : { priority }),
      };
    }
    case 'schedule':
      return scheduleOf(key, given);
    case 'cap':
      return {
        ...{ kind: 'cap', queue: text(given.queue, `${key}.queue`), most: whole(given.most, `${key}.most`) },
        shares: wholes(given.shares, `${key}.shares`),
      };
    default:
      return undefined;
  }
}

function scheduleOf(key: string, given: Members): ScheduleEntry {
  const optional = <T>(name: string, read: (value: unknown, name: string) => T): Record<string, T> =>
    isLeftOut(given[name]) ? {} : { [name]: read(given[name], `${key}.${name}`) };
  return {
    kind: 'schedule',
    name: text(given.name, `${key}.name`),
    revision: whole(given.revision, `${key}.revision`),
    ...optional('cron', text),
    ...optional('timeZone', text),
    ...optional('everyMs', finite),
    ...optional('anchor', finite),
    ...optional('startAt', finite),
    ...optional('endAt', finite),
  };
}

const isLeftOut = (given: unknown): given is undefined | null => given === undefined || given === null;

function members(given: unknown): Members {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as Members;
  throw new TypeError('it, or what it sets, is no JSON object');
}

function texts(given: unknown, name: string): string[] {
  if (Array.isArray(given) && given.every((each) => typeof each === 'string')) return given;
  throw new TypeError(`${name} is no list of texts`);
}

function text(given: unknown, name: string): string {
  if (typeof given === 'string') return given;
  throw new TypeError(`${name} is no text`);
}

function whole(given: unknown, name: string): number {
  if (Number.isSafeInteger(given) && (given as number) >= 0) return given as number;
  throw new TypeError(`${name} is no whole number`);
}

function wholes(given: unknown, name: string): Record<string, number> {
  const read = Object.entries(members(given)).map(([member, value]) => [member, whole(value, `${name}.${member}`)]);
  return Object.fromEntries(read) as Record<string, number>;
}

function finite(given: unknown, name: string): number {
  if (Number.isFinite(given)) return given as number;
  throw new TypeError(`${name} is no number`);
}
