import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PrivatePostgres, type PrivateRabbitMq, startPrivatePostgres } from '../../../libs/local/src';
import type { Cluster } from '../../support/cluster/cluster';
import { startOwnBroker } from '../../support/private-broker';
import { clusterGround } from './cluster-ground';
import { onDatabase } from './on-database';
import { type SmallDisk, smallDisk } from './small-disk';

/** What a campaign does to a broker; of a cluster to one node of it, the next each time. */
export type GroundBroker = Pick<PrivateRabbitMq, 'url' | 'ctl' | 'kill' | 'restart' | 'stop'>;

/** A broker and a database that campaigns may break, one campaign after the other. */
export interface Ground {
  broker: GroundBroker;
  /** One, or one for each node of the cluster. */
  brokerUrls: readonly string[];
  /** Where the nodes write their logs. */
  brokerFolders: readonly string[];
  /** Where there are three nodes. */
  cluster: Cluster | undefined;
  database: PrivatePostgres;
  /** What the database lies on, where it can be filled. */
  disk: SmallDisk | undefined;
  close(): Promise<void>;
}

/** Short enough for a fault to outlast it: whoever is silent for two of them is given up. */
const HEARTBEAT_S = 5;
/** RabbitMQ tries a dead-lettering again after so long that was not confirmed, as when the broker fell. Else three minutes. */
const DEAD_LETTERED_AGAIN_MS = 10_000;
/** Short enough for a job to outlast it. */
export const CONSUMER_TIMEOUT_MS = 20_000;

// Whoever is told to come back by everyone at once, on a busy machine, takes its time to say hello.
const RABBIT_CONF = `heartbeat = ${HEARTBEAT_S}\nhandshake_timeout = 60000`;
const RABBIT_TERMS = [
  `{consumer_timeout, ${CONSUMER_TIMEOUT_MS}}`,
  '{channel_tick_interval, 5000}',
  `{dead_letter_worker_publisher_confirm_timeout, ${DEAD_LETTERED_AGAIN_MS}}`,
].join(', ');

/** One broker, or three that are one cluster. */
export async function layGround({ cluster = false }: { cluster?: boolean } = {}): Promise<Ground> {
  const disk = smallDisk(mkdtempSync(join(tmpdir(), 'scutwork-campaign-db-')));
  const [rabbit, database] = await Promise.all([
    cluster ? clusterGround({ extraConf: RABBIT_CONF, rabbit: RABBIT_TERMS }) : singleGround(),
    startPrivatePostgres({ dataDir: join(disk.folder, 'data'), temporary: true }),
  ]);
  // The write-ahead log must not fill the small disk by itself.
  await onDatabase(database.url, ["alter system set max_wal_size = '256MB'", 'select pg_reload_conf()']);
  return {
    ...{ ...rabbit, database, disk: disk.isSmall ? disk : undefined },
    close: async () => {
      await Promise.all([rabbit.broker.stop({ deadlineMs: 4_000 }), database.stop({ deadlineMs: 4_000 })]);
      disk.remove();
    },
  };
}

export type RabbitGround = Pick<Ground, 'broker' | 'brokerUrls' | 'brokerFolders' | 'cluster'>;

async function singleGround(): Promise<RabbitGround> {
  const broker = await startOwnBroker({
    // It is started again with a load upon it, on a machine that has other things to do.
    startDeadlineMs: 180_000,
    extraConf: RABBIT_CONF,
    advancedConf: `[{rabbit, [${RABBIT_TERMS}]}].\n`,
  });
  return { broker, brokerUrls: [broker.url], brokerFolders: [broker.dataDir], cluster: undefined };
}
