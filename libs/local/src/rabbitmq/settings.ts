import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from '../claim';
import { LocalError } from '../local-error';
import { freePorts, isPortFree } from '../ports';
import type { PrivateRabbitMqOptions } from './options';

/** What must stay the same from one start to the next, so that the broker finds its data and its clients find it. */
export interface Settings {
  engine: 'installed' | 'docker';
  nodeName: string;
  port: number;
  distributionPort: number;
  epmdPort: number;
  managementPort: number;
  user: string;
  password: string;
}

/** Reads the settings of this folder, or makes them; ports that others have taken meanwhile are replaced. */
export async function rememberSettings(
  options: PrivateRabbitMqOptions & { engine: Settings['engine'] },
): Promise<Settings> {
  const file = join(options.dataDir, 'settings.json');
  const known = readJson(file) as Settings | undefined;
  const ports = await freePorts(4);
  const settings: Settings = {
    engine: options.engine,
    nodeName: known?.nodeName ?? `scutwork-${randomBytes(4).toString('hex')}@localhost`,
    port: options.port ?? (await stillFree(known?.port)) ?? take(ports),
    distributionPort: (await stillFree(known?.distributionPort)) ?? take(ports),
    epmdPort: (await stillFree(known?.epmdPort)) ?? take(ports),
    managementPort: (await stillFree(known?.managementPort)) ?? take(ports),
    user: known?.user ?? 'scutwork',
    password: known?.password ?? randomBytes(18).toString('base64url'),
  };
  if (options.port !== undefined && !(await isPortFree(options.port))) throw portTaken(options.port);
  writeJson(file, settings);
  return settings;
}

/** The settings of a broker that runs already: its ports are taken, by itself. */
export function knownSettings(dataDir: string): Settings | undefined {
  return readJson(join(dataDir, 'settings.json')) as Settings | undefined;
}

/** `amqp://user:password@127.0.0.1:port`: a secret. */
export function urlOf({ user, password, port }: Settings): string {
  return `amqp://${user}:${password}@127.0.0.1:${port}`;
}

/**
 * The address of the private broker of this folder, whether it runs or not; `undefined` where none was ever started. Holds a
 * secret: mask it before it is shown.
 *
 * @example const url = privateRabbitMqUrl('.scutwork/rabbitmq');
 */
export function privateRabbitMqUrl(dataDir: string): string | undefined {
  const settings = knownSettings(dataDir);
  return settings && urlOf(settings);
}

/** Writes all files the broker reads. Returns whether they were there already, word for word. */
export function writeBrokerFiles(options: PrivateRabbitMqOptions, settings: Settings): { unchanged: boolean } {
  for (const folder of ['home', 'data', 'log', 'conf.d']) {
    mkdirSync(join(options.dataDir, folder), { recursive: true, mode: 0o700 });
  }
  const cookie = join(options.dataDir, 'home', '.erlang.cookie');
  if (!existsSync(cookie)) writeFileSync(cookie, randomBytes(24).toString('hex'), { mode: 0o400 });
  const files = {
    'rabbitmq.conf': brokerConf(options, settings),
    'advanced.config': options.advancedConf ?? '[{rabbit, [{consumer_timeout, undefined}]}].\n',
    enabled_plugins: options.management ? '[rabbitmq_management].\n' : '[].\n',
  };
  let unchanged = true;
  for (const [name, content] of Object.entries(files)) {
    const file = join(options.dataDir, name);
    if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
    unchanged = false;
    writeFileSync(file, content, { mode: 0o600 });
  }
  return { unchanged };
}

function brokerConf(options: PrivateRabbitMqOptions, settings: Settings): string {
  return [
    '# Written at every start.',
    `listeners.tcp.1 = 127.0.0.1:${settings.port}`,
    `default_user = ${settings.user}`,
    `default_pass = ${settings.password}`,
    `raft.wal_max_size_bytes = ${options.walMaxSizeBytes ?? 64 * 1024 * 1024}`,
    'log.console = false',
    'log.file = rabbit.log',
    'log.file.rotation.size = 10485760',
    'log.file.rotation.count = 2',
    ...(options.management
      ? ['management.tcp.ip = 127.0.0.1', `management.tcp.port = ${settings.managementPort}`]
      : []),
    options.extraConf ?? '',
    '',
  ].join('\n');
}

async function stillFree(port: number | undefined): Promise<number | undefined> {
  return port !== undefined && (await isPortFree(port)) ? port : undefined;
}

function take(ports: number[]): number {
  const port = ports.pop();
  if (port === undefined) throw new Error('more ports taken than asked for');
  return port;
}

function portTaken(port: number): LocalError {
  return new LocalError('PORT_TAKEN', `port ${port} of 127.0.0.1 is taken`, 'choose another port, or leave it out');
}
