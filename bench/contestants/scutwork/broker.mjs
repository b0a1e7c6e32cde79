import { amqpBroker, namesFor } from '@scutwork/jobs';

/** A broker of its own for each side, as two processes have in real life. */
export function openBroker({ amqpUrl, prefix }) {
  return amqpBroker({ urls: [amqpUrl], names: namesFor(prefix) });
}
