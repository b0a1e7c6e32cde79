import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PrivateRabbitMq, freePorts, writeJson } from '../../../libs/local/src';
import type { Settings } from '../../../libs/local/src/rabbitmq/settings';
import { startOwnBroker } from '../private-broker';
import { until } from '../until';
import { NODES, type NodeName } from './nodes';
import { type Wires, layWires } from './wires';

/** Three RabbitMQ nodes on this machine that are one cluster, and the wires between them, which can be cut. */
export interface Cluster {
  node(name: NodeName): PrivateRabbitMq;
  /** One address for each node. */
  readonly urls: readonly string[];
  /** By `rabbitmqctl` of a node that runs. */
  ctl(...args: string[]): Promise<string>;
  /** Rows of `rabbitmqctl list_queues`, of all nodes that run. */
  listQueues(...columns: string[]): Promise<string[][]>;
  /** The node that leads a quorum queue. */
  leaderOf(queue: string): Promise<NodeName>;
  /** Those that run and are not cut off. */
  within(): NodeName[];
  /**
   * Cuts a node off from the other two, not from its clients. Resolves when it has paused itself, as a minority must, and
   * the others go on without it.
   */
  partition(name: NodeName): Promise<void>;
  heal(): Promise<void>;
  /** Resolves when every node runs and knows that every other does. */
  whole(deadlineMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** Lines added to each node's `rabbitmq.conf`. */
  extraConf?: string;
  /** Entries of `rabbit` in `advanced.config`, in Erlang. */
  rabbit?: string;
}

/** On a busy machine the tables of all queues take long to be agreed on. */
const START_MS = 300_000;
const WHOLE_MS = 300_000;

/** Starts the first node and then, beside each other, the two that join it: about three times as long as one broker. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const all = await settingsOfAll();
  const wires = await layWires(all);
  const cookie = randomBytes(24).toString('hex');
  const start = async (name: NodeName): Promise<PrivateRabbitMq> => {
    const broker = startOwnBroker({
      ...{ dataDir: prepare(all[name], cookie), schedulers: 1, startDeadlineMs: START_MS },
      extraConf: confOf(name, options),
      advancedConf: advancedConf(options),
    });
    await wires.announceAt(name);
    return broker;
  };
  const a = await start('a');
  const [b, c] = await Promise.all([start('b'), start('c')]);
  const cluster = handle({ a, b, c }, wires);
  await cluster.whole();
  return cluster;
}

function handle(nodes: Record<NodeName, PrivateRabbitMq>, wires: Wires): Cluster {
  const within = (): NodeName[] => NODES.filter((name) => nodes[name].isRunning() && !wires.isCut(name));
  const ctl = async (...args: string[]): Promise<string> => nodes[within()[0] ?? 'a'].ctl(...args);
  // Each node is asked for what it leads: the others would not find the way to whoever asks one for all.
  const listQueues = async (...columns: string[]): Promise<string[][]> => {
    const all = await Promise.all(
      within().map((name) => nodes[name].ctl('list_queues', '--local', '--no-table-headers', ...columns)),
    );
    return all.flatMap((text) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split('\t')),
    );
  };
  // A node that is still coming up counts as running for the others.
  const knowsAll = async (name: NodeName): Promise<boolean> => {
    if (!nodes[name].isRunning()) return false;
    const isWhole = `rabbit:is_booted() andalso length(rabbit_nodes:all_running()) =:= ${NODES.length}.`;
    const said = await nodes[name].ctl('eval', isWhole).catch(() => '');
    return said.trim() === 'true';
  };
  return {
    node: (name) => nodes[name],
    urls: NODES.map((name) => nodes[name].url),
    within,
    ctl,
    listQueues,
    async leaderOf(queue) {
      const [, leader = ''] = (await listQueues('name', 'leader')).find(([name]) => name === queue) ?? [];
      const found = NODES.find((name) => leader.startsWith(`${name}@`));
      if (!found) throw new Error(`nobody leads ${queue}: ${leader}`);
      return found;
    },
    async partition(name) {
      await wires.cut(name);
      const isPaused = async (): Promise<boolean> =>
        (await nodes[name].ctl('eval', 'rabbit:is_running().')).trim() === 'false';
      await until(`node ${name} to pause itself`, isPaused, WHOLE_MS);
    },
    heal: () => wires.mend(),
    whole: async (deadlineMs = WHOLE_MS) => {
      for (const name of NODES) await until(`node ${name} to see all three`, () => knowsAll(name), deadlineMs);
    },
    async stop() {
      await Promise.all(NODES.map((name) => nodes[name].stop({ deadlineMs: 1_000 })));
      wires.close();
    },
  };
}

/** Known before they start: their names, their ports and their one cookie. */
async function settingsOfAll(): Promise<Record<NodeName, Settings>> {
  const password = randomBytes(18).toString('base64url');
  const ports = await freePorts(4 * NODES.length);
  const of = (name: NodeName): Settings => {
    const [port = 0, distributionPort = 0, epmdPort = 0, managementPort = 0] = ports.splice(0, 4);
    return {
      ...{ engine: 'installed', nodeName: `${name}@localhost`, user: 'scutwork', password },
      ...{ port, distributionPort, epmdPort, managementPort },
    };
  };
  return { a: of('a'), b: of('b'), c: of('c') };
}

/** A private broker starts with what it finds in its folder. */
function prepare(settings: Settings, cookie: string): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'scutwork-node-'));
  mkdirSync(join(dataDir, 'home'), { mode: 0o700 });
  writeFileSync(join(dataDir, 'home', '.erlang.cookie'), cookie, { mode: 0o400 });
  writeJson(join(dataDir, 'settings.json'), settings);
  return dataDir;
}

function confOf(name: NodeName, { extraConf = '' }: ClusterOptions): string {
  const discovery = NODES.map(
    (node, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${node}@localhost`,
  );
  return [
    'cluster_partition_handling = pause_minority',
    'queue_leader_locator = balanced',
    ...(name === 'a' ? [] : ['cluster_formation.peer_discovery_backend = classic_config', ...discovery]),
    extraConf,
  ].join('\n');
}

const advancedConf = ({ rabbit = '{consumer_timeout, undefined}' }: ClusterOptions): string =>
  `[{rabbit, [${rabbit}]}].\n`;
