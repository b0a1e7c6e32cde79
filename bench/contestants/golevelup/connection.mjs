import golevelup from '@golevelup/nestjs-rabbitmq';

/** The connection its Nest module provides; the module adds only what finds the handlers at boot. */
export async function openConnection({ amqpUrl, prefetch }) {
  const connection = new golevelup.AmqpConnection({
    uri: amqpUrl,
    prefetchCount: prefetch,
    connectionInitOptions: { wait: true, timeout: 10_000 },
    logger: { log() {}, debug() {}, warn: console.warn, error: console.error },
  });
  await connection.init();
  return connection;
}
