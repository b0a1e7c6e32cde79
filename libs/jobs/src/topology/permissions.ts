import { PRIORITIES } from '../contracts/job-type';
import { LADDER_BITS } from './ladder';
import type { Names } from './names';
import { type TopologyPlan, planLedger, planTopology } from './plan';

/** RabbitMQ's three patterns: names that a user may make and delete, publish and bind to, and consume and bind from. */
export interface Permissions {
  configure: string;
  write: string;
  read: string;
}

/** Who connects to the broker. `service` is whoever else adds jobs by `JobsClient`, `publisher` whoever uses the doors. */
export const BROKER_ROLES = ['producer', 'worker', 'scheduler', 'service', 'publisher'] as const;
export type BrokerRole = (typeof BROKER_ROLES)[number];

export interface PermissionOptions {
  names: Names;
  /** The job queues that it works, or whose jobs it adds. */
  queues: readonly string[];
  /**
   * Whether it makes the queues itself. Default true, as the option `declare` of client and worker has it; false where
   * the producer or another makes them. The producer always does, the scheduler and foreign publishers never do.
   */
  declare?: boolean;
}

/** Names and, for what no plan lists, patterns. */
interface Reach {
  configure: string[];
  write: string[];
  read: string[];
}

/** RabbitMQ's name of the exchange without one. Whoever may write to it reaches every queue of the virtual host. */
const DEFAULT_EXCHANGE = 'amq.default';
/** Queues for answers: named by the broker, each of one connection alone. */
const REPLIES = 'amq\\.gen-.*';

/**
 * The least that the broker must allow. It follows from what the role declares, publishes to and consumes.
 *
 * @example
 * const { configure, write, read } = permissionsOf('worker', { names: namesFor(), queues: ['email'], declare: false });
 */
export function permissionsOf(role: BrokerRole, { names, queues, declare = true }: PermissionOptions): Permissions {
  const parts = [doing(role, names, queues)];
  const planned = planTopology({ names, queues });
  if (role === 'producer') parts.push(declaring(planned), declaring(planLedger({ names })));
  if (declare && (role === 'worker' || role === 'service')) parts.push(declaring(planned));
  const all = (right: keyof Reach): string => patternOf(names, [...new Set(parts.flatMap((part) => part[right]))]);
  return { configure: all('configure'), write: all('write'), read: all('read') };
}

/** What it takes to make what is planned: RabbitMQ asks for more than `configure` where one thing names another. */
function declaring({ exchanges, queues, bindings }: TopologyPlan): Reach {
  const alternates = exchanges.flatMap(({ name, alternate }) => (alternate === undefined ? [] : [{ name, alternate }]));
  const letters = queues.flatMap(({ name, arguments: args }) => {
    const target = args['x-dead-letter-exchange'];
    return typeof target === 'string' ? [{ name, target }] : [];
  });
  return {
    configure: literal([...exchanges, ...queues].map(({ name }) => name)),
    write: literal([
      ...alternates.map(({ alternate }) => alternate),
      ...letters.map(({ target }) => target),
      ...bindings.map(({ to }) => to),
    ]),
    read: literal([...[...alternates, ...letters].map(({ name }) => name), ...bindings.map(({ from }) => from)]),
  };
}

/** What it publishes to and consumes once everything is there. */
function doing(role: BrokerRole, names: Names, queues: readonly string[]): Reach {
  const levels = (name: (priority: (typeof PRIORITIES)[number]) => string): string[] => PRIORITIES.map(name);
  const ladder = Array.from({ length: LADDER_BITS }, (_, bit) => names.delay(bit));
  const adding: Reach = {
    configure: [REPLIES],
    write: literal([...levels((level) => names.direct(level)), ...ladder, names.records, DEFAULT_EXCHANGE]),
    read: [REPLIES],
  };
  const any = `${escaped(names.prefix)}\\.[a-z0-9-]+`;
  switch (role) {
    case 'publisher':
      return { configure: [], write: literal(levels((level) => names.door(level))), read: [] };
    case 'scheduler':
      return { configure: [], write: literal([DEFAULT_EXCHANGE]), read: literal([names.control]) };
    case 'service':
      return adding;
    case 'worker':
      return {
        configure: adding.configure,
        write: [
          ...adding.write,
          ...literal([
            ...levels((level) => names.priority(level)),
            names.deadExchange,
            names.suspectExchange,
            names.events,
          ]),
        ],
        read: [
          ...adding.read,
          ...literal([
            ...queues.flatMap((queue) => [...levels((level) => names.work(queue, level)), names.suspect(queue)]),
            names.control,
          ]),
        ],
      };
    case 'producer':
      return {
        configure: adding.configure,
        write: [...adding.write, ...literal([names.events])],
        // Dead letters also of queues that only others know.
        read: [...adding.read, ...literal([names.ledger, names.later, names.submit, names.stray]), `${any}\\.dead`],
      };
  }
}

const escaped = (name: string): string => name.replaceAll('.', '\\.');
const literal = (names: readonly string[]): string[] => names.map(escaped);

/** One anchored pattern: what begins with the prefix is put in brackets behind it, the levels of the ladder as one. */
function patternOf(names: Names, alternatives: readonly string[]): string {
  if (alternatives.length === 0) return '^$';
  const first = `${escaped(names.prefix)}\\.`;
  const level = escaped(names.delay(0)).slice(first.length, -2);
  const own = alternatives
    .filter((name) => name.startsWith(first))
    .map((name) => name.slice(first.length))
    .map((name) => (name.startsWith(level) ? `${level}[0-9]+` : name));
  const others = alternatives.filter((name) => !name.startsWith(first));
  const behind = [...new Set(own)].sort();
  return `^(${[...(behind.length > 0 ? [`${first}(${behind.join('|')})`] : []), ...others].join('|')})$`;
}
