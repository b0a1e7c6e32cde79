import { startPrivateRabbitMq } from '@scutwork/local';

const RABBITMQ_DEFAULT_WAL_BYTES = 512 * 1024 * 1024;

/** The bench's own RabbitMQ, with the broker's own defaults for what decides its speed; never one that was found running. */
export function startRabbitMq(folder) {
  return startPrivateRabbitMq({
    dataDir: `${folder}/rabbitmq`,
    temporary: true,
    install: true,
    schedulers: 'all',
    walMaxSizeBytes: RABBITMQ_DEFAULT_WAL_BYTES,
    onProgress: (line) => console.log(`bench: ${line}`),
  });
}
