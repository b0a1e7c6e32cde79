import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  rabbitMqCtl,
  startPrivateRabbitMq,
  type PrivateRabbitMq,
  type PrivateRabbitMqOptions,
} from '../../libs/local/src';

/** What global-setup hands to the tests, through the environment of the jest workers. */
const variable = 'SCUTWORK_TEST_BROKER';

interface Handover {
  url: string;
  dataDir: string;
}

export interface SharedBroker {
  /** AMQP address, with user and password. */
  url: string;
  /** Runs `rabbitmqctl` against it. Never stop it, raise an alarm or change its policies: all specs share it. */
  ctl(...args: string[]): Promise<string>;
}

/** The one broker that all broker specs of a run share: keep apart by a prefix of your own. */
export function sharedBroker(): SharedBroker {
  const handover = process.env[variable];
  if (!handover) throw new Error('no broker was started: run this spec by `npx jest --selectProjects broker`');
  const { url, dataDir } = JSON.parse(handover) as Handover;
  return { url, ctl: (...args) => rabbitMqCtl(dataDir, args) };
}

/**
 * A broker for one spec alone, to be killed, alarmed or restarted. Stop it in `afterAll`; it also disappears, with its
 * folder, when the process that started it ends, however it ends.
 */
export function startOwnBroker(options: Partial<PrivateRabbitMqOptions> = {}): Promise<PrivateRabbitMq> {
  const dataDir = mkdtempSync(join(tmpdir(), 'scutwork-broker-'));
  return startPrivateRabbitMq({ dataDir, temporary: true, ...options });
}

/** For global-setup alone. */
export async function startSharedBroker(): Promise<PrivateRabbitMq> {
  const broker = await startOwnBroker({ onProgress: (line) => console.log(line) });
  process.env[variable] = JSON.stringify({ url: broker.url, dataDir: broker.dataDir } satisfies Handover);
  return broker;
}
