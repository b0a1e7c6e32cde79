import { BrokerError, ConfigurationError } from '../../contracts/errors';

/** The most that a quorum queue takes. */
const MOST_PREFETCH = 2_000;

export const clientStopped = (): BrokerError =>
  new BrokerError('client_stopped', 'The broker was stopped; make a new one to go on');

export const noQueue = (queue: string): BrokerError =>
  new BrokerError('no_queue', `There is no queue ${queue}`, {
    field: queue,
    hint: 'Apply the topology that makes it, or correct the name or the prefix.',
  });

/** @throws ConfigurationError */
export function checkPrefetch(prefetch: number): void {
  if (Number.isInteger(prefetch) && prefetch >= 1 && prefetch <= MOST_PREFETCH) return;
  throw new ConfigurationError(
    'configuration_invalid',
    `prefetch is ${prefetch}; it must be a whole number from 1 to ${MOST_PREFETCH}`,
    { field: 'prefetch', hint: 'Use several subscriptions for more at once.' },
  );
}
