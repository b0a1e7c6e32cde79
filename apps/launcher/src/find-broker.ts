import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { knock, startPrivateRabbitMq, type PrivateRabbitMq } from '@scutwork/local';
import type { Configuration } from './configuration';
import { explain, masked, type Screen } from './screen';

/** The address every RabbitMQ has out of the box. */
const usualUrl = 'amqp://guest:guest@127.0.0.1:5672';

export type FoundBroker =
  /** The one `AMQP_URL` names, or the one of this machine. */
  | { kind: 'given' | 'found'; url: string }
  | { kind: 'private'; url: string; server: PrivateRabbitMq }
  /** None yet; it is looked for at `url`. */
  | { kind: 'none'; url: string; problem: string };

/**
 * `AMQP_URL`; else a broker that answers on 127.0.0.1:5672; else a private one; else none, and the way out. A private one
 * that was started here before comes first: the jobs that wait are in it.
 */
export async function findBroker(configuration: Configuration, screen: Screen): Promise<FoundBroker> {
  const { amqpUrl, dataDir, privateBroker } = configuration;
  if (amqpUrl !== undefined) {
    const problem = await problemWith(amqpUrl);
    return problem === undefined ? { kind: 'given', url: amqpUrl } : { kind: 'none', url: amqpUrl, problem };
  }
  const hasPrivate = existsSync(join(dataDir, 'rabbitmq', 'settings.json'));
  const look = privateBroker === 'off' || (privateBroker === 'on' && !hasPrivate);
  if (look && (await knock(usualUrl)) === 'welcome') return { kind: 'found', url: usualUrl };
  if (privateBroker === 'off') {
    const problem = `nothing answers on 127.0.0.1:5672, and SCUTWORK_PRIVATE_BROKER is off\n${wayOut}`;
    return { kind: 'none', url: usualUrl, problem };
  }
  try {
    screen.say('starting a private RabbitMQ …');
    const onProgress = (line: string) => screen.say(line);
    const server = await startPrivateRabbitMq({ dataDir: join(dataDir, 'rabbitmq'), install: true, onProgress });
    return { kind: 'private', url: server.url, server };
  } catch (error) {
    return { kind: 'none', url: usualUrl, problem: explain(error) };
  }
}

/** Why no work can be done with the brokers at these addresses; `undefined` when one of them lets us in. */
export async function problemWith(urls: string): Promise<string | undefined> {
  const answers = await Promise.all(urls.split(',').map((url) => knock(url.trim())));
  if (answers.includes('welcome')) return undefined;
  return answers.includes('refused')
    ? `the broker at ${masked(urls)} refuses this user or password: correct AMQP_URL`
    : `no broker answers at ${masked(urls)}: start it, or correct AMQP_URL`;
}

const wayOut = 'start one (docker run -d -p 127.0.0.1:5672:5672 rabbitmq:4), or set AMQP_URL';
