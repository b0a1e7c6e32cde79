import { isUp } from '../broker/is-up';
import { ConfigurationError } from '../contracts/errors';
import type { WorkerSettings } from './worker-options';

/**
 * From RabbitMQ 3.12 on the work queues carry their own consumer timeout. Before, the node's holds for all, no client
 * can read it, and a job that runs longer is taken away and run again, for ever.
 *
 * @throws ConfigurationError `consumer_timeout_too_short`
 */
export function checkConsumerTimeout(settings: WorkerSettings): void {
  const { consumerTimeoutMs } = settings;
  const version = versionOf(settings);
  if (version === undefined || queuesCarryTimeout(version)) return;
  const tooLong = settings.handlers
    .all()
    .map((known) => ({ type: known.type, timeoutMs: known.policy.timeoutMs ?? settings.defaults.timeoutMs }))
    .filter((known) => known.timeoutMs > consumerTimeoutMs);
  if (tooLong.length === 0) return;
  const named = tooLong.map((known) => `${known.type} (${known.timeoutMs} ms)`).join(', ');
  throw new ConfigurationError(
    'consumer_timeout_too_short',
    `RabbitMQ ${version} takes a job away after its consumer timeout of ${consumerTimeoutMs} ms, but these may run longer: ${named}`,
    {
      field: 'timeout',
      hint: 'Set consumer_timeout in rabbitmq.conf to more than the longest timeout and tell the worker (CONSUMER_TIMEOUT), or upgrade to 3.12.',
    },
  );
}

/**
 * Whether messages of this queue must not be fetched ahead: its jobs may run longer than a third of the consumer
 * timeout, so one that waits behind another could outlive it unstarted.
 */
export function pullsForFreeSlots(queue: string, settings: WorkerSettings): boolean {
  const version = versionOf(settings);
  if (version !== undefined && queuesCarryTimeout(version)) return false;
  return longestTimeoutMs(queue, settings) > settings.consumerTimeoutMs / 3;
}

function longestTimeoutMs(queue: string, { handlers, defaults }: WorkerSettings): number {
  const ofQueue = handlers.all().filter((known) => known.queue === queue);
  return Math.max(0, ...ofQueue.map((known) => known.policy.timeoutMs ?? defaults.timeoutMs));
}

function versionOf({ broker }: WorkerSettings): string | undefined {
  const { state } = broker;
  return isUp(state) ? state.version : undefined;
}

/** True when a queue's own `x-consumer-timeout` counts. */
export function queuesCarryTimeout(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 3 || (major === 3 && minor >= 12);
}
