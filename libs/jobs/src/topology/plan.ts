import ms from 'ms';
import { PRIORITIES, queueNameFault } from '../contracts/job-type';
import { ConfigurationError } from '../contracts/errors';
import { LADDER_BITS, LADDER_UNIT_MS, dueKey, waitHeader } from './ladder';
import type { Names } from './names';

export type QueueType = 'quorum' | 'classic';
/** A stream is read again and again, from any place in it; only the ledger declares one. */
type PlannedQueueType = QueueType | 'stream';

export interface ExchangePlan {
  name: string;
  type: 'topic' | 'direct' | 'fanout' | 'headers';
  /** Exchange for what no queue takes. */
  alternate?: string;
  purpose: string;
}

export interface QueuePlan {
  name: string;
  type: PlannedQueueType;
  /** Arguments as they are sent, `x-queue-type` included. */
  arguments: Readonly<Record<string, string | number | boolean>>;
  purpose: string;
}

export interface BindingPlan {
  from: string;
  to: string;
  toKind: 'queue' | 'exchange';
  key: string;
  /** For a headers exchange: the header that a message must have, set to true. */
  header?: string;
}

/** What must exist on the broker. A value: printed, compared, snapshot-tested; applied in one place. */
export interface TopologyPlan {
  exchanges: ExchangePlan[];
  queues: QueuePlan[];
  bindings: BindingPlan[];
}

export interface PlanOptions {
  names: Names;
  /** The job queues, e.g. `['email', 'report']`. */
  queues: readonly string[];
  /** `classic` is for development on a single node: it is not replicated and cannot tell poison messages. Default `quorum`. */
  queueType?: QueueType;
}

/**
 * A large backstop, alike on every version; poison is judged by the worker. Never -1: RabbitMQ 3.10 then
 * dead-letters at the first return.
 */
const DELIVERY_LIMIT = 1_000;
const KEPT_DELIVERY_LIMIT = 1_000_000_000;

/** Counts from RabbitMQ 3.12 on; 3.10 takes and ignores it; classic queues of 4.3 refuse it. The worker's own timeouts are what ends jobs. */
const CONSUMER_TIMEOUT_MS = 7 * 24 * 3_600_000;

/** The plan for these queues. Its arguments never depend on the broker's version, so an upgrade never meets 406. */
export function planTopology(options: PlanOptions): TopologyPlan {
  const queues = [...new Set(options.queues)].sort();
  for (const queue of queues) checkQueueName(queue);
  const type = options.queueType ?? 'quorum';
  return mergePlans([commonPlan(options.names, type), ...queues.map((queue) => queuePlan(options.names, queue, type))]);
}

/**
 * What a ledger adds: its inbox behind `jobs.records` and behind the doors, far delays, gated submissions, and
 * the control stream. Declared by the ledger alone: where none has ever run, nothing piles up for it.
 */
export function planLedger({ names, queueType: type = 'quorum' }: Omit<PlanOptions, 'queues'>): TopologyPlan {
  const common = commonPlan(names, type);
  const kept = { type, arguments: keptArguments(type) };
  return mergePlans([
    common,
    {
      exchanges: [],
      queues: [
        {
          name: names.ledger,
          type,
          // One producer at a time reads it, in order: what has been read before a pulse was told before it.
          arguments: { ...kept.arguments, 'x-single-active-consumer': true },
          purpose: 'inbox of the ledger: batches of what happened',
        },
        { name: names.parked, ...kept, purpose: 'what the ledger could not record, with the error' },
        { name: names.later, ...kept, purpose: 'far delays and retries on their way into the ledger' },
        { name: names.submit, ...kept, purpose: 'submissions that the ledger decides' },
        {
          name: names.control,
          type: 'stream',
          arguments: { 'x-queue-type': 'stream', ...CONTROL_RETENTION },
          purpose: 'pauses, cancels, limits and a beat, for every worker and scheduler',
        },
      ],
      bindings: [
        { from: names.records, to: names.ledger, toKind: 'queue', key: '' },
        ...PRIORITIES.map((p): BindingPlan => ({ from: names.door(p), to: names.ledger, toKind: 'queue', key: '#' })),
      ],
    },
  ]);
}

/** A stream is cut by whole segments: a day of beats and snapshots in small ones, never more than 200 MB. */
const CONTROL_RETENTION = {
  'x-max-age': '1D',
  'x-max-length-bytes': 200_000_000,
  'x-stream-max-segment-size-bytes': 5_000_000,
};

/** One plan that asks for what all of them ask for, each thing once. */
export function mergePlans(plans: readonly TopologyPlan[]): TopologyPlan {
  return {
    exchanges: uniqueBy(
      plans.flatMap((plan) => plan.exchanges),
      (exchange) => exchange.name,
    ),
    queues: uniqueBy(
      plans.flatMap((plan) => plan.queues),
      (queue) => queue.name,
    ),
    bindings: uniqueBy(
      plans.flatMap((plan) => plan.bindings),
      (b) => `${b.from}\n${b.to}\n${b.key}\n${b.header ?? ''}`,
    ),
  };
}

/** Exchanges that every queue shares, the ladder, and where strays go. */
function commonPlan(names: Names, type: QueueType): TopologyPlan {
  const stray = { alternate: names.stray };
  return mergePlans([
    {
      exchanges: [
        { name: names.stray, type: 'fanout', purpose: 'what has no target any more' },
        ...PRIORITIES.map((p) => ({
          name: names.priority(p),
          type: 'topic' as const,
          purpose: `jobs of priority ${p}; key = job type`,
        })),
        ...PRIORITIES.map((p) => ({
          name: names.direct(p),
          type: 'direct' as const,
          purpose: `jobs of priority ${p} from those who know the queue; key = queue`,
        })),
        ...PRIORITIES.map((p) => ({
          name: names.door(p),
          type: 'topic' as const,
          ...stray,
          purpose: `door for publishers in other languages, priority ${p}; key = job type`,
        })),
        {
          name: names.due,
          type: 'direct',
          ...stray,
          purpose: 'back from the delay ladder to the work queues; key = queue.priority',
        },
        { name: names.deadExchange, type: 'direct', ...stray, purpose: 'dead letters; key = queue' },
        {
          name: names.suspectExchange,
          type: 'direct',
          ...stray,
          purpose: 'messages that may kill their worker; key = queue',
        },
        { name: names.records, type: 'fanout', purpose: 'batches of what happened, for the ledger alone' },
        { name: names.events, type: 'topic', purpose: 'what happened, for anyone; key = queue.event' },
      ],
      queues: [{ name: names.stray, type, arguments: keptArguments(type), purpose: 'what has no target any more' }],
      bindings: [{ from: names.stray, to: names.stray, toKind: 'queue', key: '' }],
    },
    ladderPlan(names, type),
  ]);
}

/**
 * A delay is a binary number: each set bit is one header, and one wait in the queue of that bit, highest first. A message
 * without the header of a level matches nothing there and falls to the next by the alternate exchange.
 */
function ladderPlan(names: Names, type: QueueType): TopologyPlan {
  const bits = Array.from({ length: LADDER_BITS }, (_, i) => LADDER_BITS - 1 - i);
  const below = (bit: number): string => (bit === 0 ? names.due : names.delay(bit - 1));
  return {
    exchanges: bits.map((bit) => ({
      name: names.delay(bit),
      type: 'headers',
      alternate: below(bit),
      purpose: `delay ladder, bit ${bit}`,
    })),
    queues: bits.map((bit) => ({
      name: names.delay(bit),
      type,
      arguments: { ...safeDeadLettering(type, below(bit)), 'x-message-ttl': LADDER_UNIT_MS * 2 ** bit },
      purpose: `waits ${waitText(LADDER_UNIT_MS * 2 ** bit)}`,
    })),
    bindings: bits.map((bit) => ({
      from: names.delay(bit),
      to: names.delay(bit),
      toKind: 'queue',
      key: '',
      header: waitHeader(bit),
    })),
  };
}

/** Seconds, and beyond some minutes what they are for people. */
function waitText(waitMs: number): string {
  return waitMs < 300_000 ? `${waitMs / 1_000} s` : `${waitMs / 1_000} s, about ${ms(waitMs)}`;
}

/** The work queues of one job queue, its suspects and its dead letters. */
function queuePlan(names: Names, queue: string, type: QueueType): TopologyPlan {
  const guarded = {
    ...safeDeadLettering(type, names.deadExchange),
    // The kept key of a delayed message would match nothing: every dead letter goes by its queue's name.
    'x-dead-letter-routing-key': queue,
    ...(type === 'quorum' ? { 'x-delivery-limit': DELIVERY_LIMIT, 'x-consumer-timeout': CONSUMER_TIMEOUT_MS } : {}),
  };
  return {
    exchanges: [],
    queues: [
      ...PRIORITIES.map((p) => ({
        name: names.work(queue, p),
        type,
        arguments: guarded,
        purpose: `work of ${queue}, priority ${p}`,
      })),
      { name: names.suspect(queue), type, arguments: guarded, purpose: `suspects of ${queue}, run one at a time` },
      { name: names.dead(queue), type, arguments: keptArguments(type), purpose: `dead letters of ${queue}` },
    ],
    bindings: [
      ...PRIORITIES.flatMap((p): BindingPlan[] => {
        const to = { to: names.work(queue, p), toKind: 'queue' as const };
        return [
          { from: names.priority(p), ...to, key: `${queue}.#` },
          { from: names.direct(p), ...to, key: queue },
          // Not through the priority exchange: an alternate exchange does not fire behind an exchange binding.
          { from: names.door(p), ...to, key: `${queue}.#` },
          { from: names.due, ...to, key: dueKey(queue, p) },
        ];
      }),
      { from: names.suspectExchange, to: names.suspect(queue), toKind: 'queue', key: queue },
      { from: names.deadExchange, to: names.dead(queue), toKind: 'queue', key: queue },
    ],
  };
}

/**
 * Of queues where the last copy of something lies. Whoever takes from them returns what it holds as often as its database
 * is away, and RabbitMQ 4 drops after 20 returns where nothing else is said.
 */
export function keptArguments(type: QueueType): Record<string, string | number> {
  return { 'x-queue-type': type, ...(type === 'quorum' ? { 'x-delivery-limit': KEPT_DELIVERY_LIMIT } : {}) };
}

/** At-least-once dead-lettering needs a quorum queue and `reject-publish`; classic queues have no such thing. */
function safeDeadLettering(type: QueueType, target: string): Record<string, string | number> {
  return {
    'x-queue-type': type,
    'x-dead-letter-exchange': target,
    ...(type === 'quorum' ? { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' } : {}),
  };
}

function checkQueueName(queue: string): void {
  const fault = queueNameFault(queue);
  if (fault) {
    throw new ConfigurationError('queue_name_invalid', `Queue name ${JSON.stringify(queue)} is not legal: ${fault}`, {
      field: 'queues',
      hint: 'Use one word of a-z, 0-9 and "-", e.g. "email".',
    });
  }
}

function uniqueBy<T>(items: T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item] as const)).values()];
}
