import { join } from 'node:path';
import { readConfig } from '@scutwork/app';
import { privateRabbitMqUrl } from '@scutwork/local';

export interface FoundBroker {
  urls: string[];
  /** First words of its exchanges and queues. */
  prefix: string;
  /** What to do when it does not answer. */
  hint: string;
}

/**
 * `AMQP_URL`; else the private one that `npm start` has in `SCUTWORK_DATA_DIR`, as it takes that one itself before any other;
 * else 127.0.0.1:5672.
 * @throws ConfigurationError naming every variable that is wrong
 */
export function findBroker(env: NodeJS.ProcessEnv): FoundBroker {
  const { amqpUrls, prefix, dataDir } = readConfig({ defaultPort: 3000 }, env);
  const given = { urls: amqpUrls, prefix, hint: 'Set AMQP_URL to the address of RabbitMQ, or start it.' };
  if (env.AMQP_URL?.trim() || env.SCUTWORK_PRIVATE_BROKER?.trim() === 'off') return given;
  const folder = join(dataDir, 'rabbitmq');
  const url = privateRabbitMqUrl(folder);
  if (url === undefined) return given;
  const hint = `It is the private RabbitMQ in ${folder}: start it with npm start, or set AMQP_URL to the address of another.`;
  return { urls: [url], prefix, hint };
}
