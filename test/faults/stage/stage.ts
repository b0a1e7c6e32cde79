import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Names, namesFor } from '@scutwork/jobs';
import { freePorts } from '../../../libs/local/src';
import { type TcpGate, startTcpGate, through } from '../../support/tcp-gate';
import type { Ground } from './ground';
import { onDatabase } from './on-database';
import { type Role, Slot } from './slot';
import { type Way, layWay } from './way';

/** Everything of one campaign: its processes, each with gates of its own, on a ground, and a folder for what they write. */
export interface Stage {
  ground: Ground;
  prefix: string;
  names: Names;
  folder: string;
  /** Past every gate. */
  databaseUrl: string;
  slots: readonly Slot[];
  of(role: Role): Slot[];
  /** The way of the submitter's own client. */
  clientGate: Way;
  /** Where the producers answer. */
  apis: readonly string[];
  token(): string;
  close(): Promise<void>;
}

export interface StageOptions {
  workers?: number;
  producers?: number;
  schedulers?: number;
  /** Jobs of the busiest queue at a time, in each worker. Default 15. */
  concurrency?: number;
  /** A defect that the processes are to have: see `planted/`. */
  defect?: string;
}

export async function raiseStage(ground: Ground, options: StageOptions = {}): Promise<Stage> {
  const prefix = `c${randomBytes(4).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'scutwork-campaign-'));
  for (const name of ['runs', 'held', 'spool', 'data', 'logs']) mkdirSync(join(folder, name));
  await onDatabase(ground.database.url, [`create database ${prefix}`]);
  const databaseUrl = new URL(ground.database.url);
  databaseUrl.pathname = `/${prefix}`;
  const cast = new Cast({ ground, prefix, folder, databaseUrl: databaseUrl.href, options });
  const { workers = 3, producers = 2, schedulers = 2 } = options;
  for (let number = 1; number <= producers; number++) await cast.producer(number);
  for (let number = 1; number <= workers; number++) await cast.worker(number);
  for (let number = 1; number <= schedulers; number++) await cast.scheduler(number);
  const clientGate = await cast.wayToBroker();
  const { slots, apis } = cast;
  const stage: Stage = {
    ...{ ground, prefix, names: namesFor(prefix), folder, databaseUrl: databaseUrl.href, slots, apis, clientGate },
    of: (role) => slots.filter((slot) => slot.options.role === role),
    token: () => readFileSync(join(folder, 'data', 'admin.token'), 'utf8').trim(),
    close: () => cast.close(),
  };
  // The first producer makes the tables.
  await stage.of('producer')[0]?.start();
  await Promise.all(slots.map((slot) => slot.start()));
  return stage;
}

interface CastOptions {
  ground: Ground;
  prefix: string;
  folder: string;
  databaseUrl: string;
  options: StageOptions;
}

/** Makes the slots and the gates, and takes them down. */
class Cast {
  readonly slots: Slot[] = [];
  readonly apis: string[] = [];
  private readonly gates: Pick<TcpGate, 'close'>[] = [];

  constructor(private readonly given: CastOptions) {}

  async worker(number: number): Promise<void> {
    const { folder, prefix, options } = this.given;
    const name = `worker-${number}`;
    const amqp = await this.wayToBroker();
    const folders = { recordDir: join(folder, 'runs'), heldDir: join(folder, 'held') };
    const args = {
      ...{ name, prefix, url: amqp.url, concurrency: options.concurrency ?? 15 },
      ...{ ...folders, spoolDir: join(folder, 'spool', name) },
    };
    this.add({ role: 'worker', name, amqp, args, env: {} });
  }

  async producer(number: number): Promise<void> {
    const { databaseUrl, ground } = this.given;
    const amqp = await this.wayToBroker();
    const database = await this.gateTo(ground.database.port);
    const port = await this.port();
    this.apis.push(`http://127.0.0.1:${port}/api/v1`);
    const env = { ...this.ofApp(amqp, port), API_RATE_LIMIT: '1000000', DATABASE_URL: through(databaseUrl, database) };
    this.add({ role: 'producer', name: `producer-${number}`, amqp, database, env });
  }

  async scheduler(number: number): Promise<void> {
    const amqp = await this.wayToBroker();
    const env = this.ofApp(amqp, await this.port());
    this.add({ role: 'scheduler', name: `scheduler-${number}`, amqp, env });
  }

  async wayToBroker(): Promise<Way> {
    const way = await layWay(this.given.ground.brokerUrls);
    this.gates.push(way);
    return way;
  }

  private async gateTo(port: number): Promise<TcpGate> {
    const gate = await startTcpGate('127.0.0.1', port);
    this.gates.push(gate);
    return gate;
  }

  async close(): Promise<void> {
    for (const slot of this.slots) slot.signal('SIGKILL');
    await Promise.all(this.slots.map((slot) => slot.ended()));
    await Promise.all(this.gates.map((gate) => gate.close()));
  }

  private add(slot: {
    role: Role;
    name: string;
    amqp: Way;
    database?: TcpGate;
    args?: object;
    env: NodeJS.ProcessEnv;
  }) {
    const { folder, options } = this.given;
    const env = { LOG_LEVEL: 'warn', ...slot.env, CAMPAIGN_DEFECT: options.defect };
    this.slots.push(new Slot({ ...slot, env, logFile: join(folder, 'logs', `${slot.name}.log`) }));
  }

  private async port(): Promise<number> {
    const [port = 0] = await freePorts(1);
    return port;
  }

  private ofApp(amqp: Way, port: number): NodeJS.ProcessEnv {
    const { prefix, folder } = this.given;
    return {
      ...{ SCUTWORK_PREFIX: prefix, SCUTWORK_DATA_DIR: join(folder, 'data'), SHUTDOWN_DEADLINE: '6s' },
      ...{ AMQP_URL: amqp.url, PORT: String(port) },
    };
  }
}
