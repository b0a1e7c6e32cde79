import { PRIORITIES, type Priority } from '../contracts/job-type';

/** 28 levels of 100 ms × 2ⁿ: 100 ms to 310 days. The scheme is NServiceBus's for RabbitMQ (delay infrastructure v2). */
export const LADDER_BITS = 28;
export const LADDER_UNIT_MS = 100;
/** The longest wait of one pass; longer delays go round. */
export const LADDER_MAX_UNITS = 2 ** LADDER_BITS - 1;

const anyLevels = (count: number): string => '*.'.repeat(count);

/** Matches messages whose bit `bit` is set: they wait in that level's queue. By position, never with a leading `#`. */
export const waitBindingKey = (bit: number): string => `${anyLevels(LADDER_BITS - 1 - bit)}1.#`;

/** Matches messages whose bit `bit` is not set: they fall to the next level. */
export const skipBindingKey = (bit: number): string => `${anyLevels(LADDER_BITS - 1 - bit)}0.#`;

/** Matches messages that have come down the ladder for one work queue. */
export const dueBindingKey = (priority: Priority, queue: string): string =>
  `${anyLevels(LADDER_BITS)}${priority}.${queue}.#`;

/** `<bits, highest first>.<priority>.<type>` */
export function ladderKey(units: number, priority: Priority, type: string): string {
  return `${units.toString(2).padStart(LADDER_BITS, '0').split('').join('.')}.${priority}.${type}`;
}

const LADDER_PREFIX = new RegExp(`^(?:[01]\\.){${LADDER_BITS}}(?:${PRIORITIES.join('|')})\\.`);

/** The job type in a routing key, whether or not it came down the ladder. */
export function typeOfKey(routingKey: string): string {
  return routingKey.replace(LADDER_PREFIX, '');
}
