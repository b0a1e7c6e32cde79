import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { claim } from '../claim';
import { LocalError } from '../local-error';
import { answersAmqp } from '../ports';
import { endProcess, isAlive } from '../processes';
import { rabbitMqCtl } from './ctl';
import { brokerEnvironment } from './environment';
import { findRabbitMq, type RabbitMqPrograms } from './find';
import { guard } from './guardian';
import type { PrivateRabbitMq, PrivateRabbitMqOptions } from './options';
import { knownSettings, rememberSettings, writeBrokerFiles, type Settings } from './settings';
import { endProcesses, leftProcesses, startProcesses, type BrokerProcesses, type StartOptions } from './start';

/**
 * Starts a RabbitMQ of our own: on 127.0.0.1 alone, with its own ports, user, node name, data and logs, apart from any
 * other broker of the machine. If a former run was killed and its broker still runs on this folder, that one is taken over.
 *
 * @throws LocalError `RABBITMQ_MISSING`, `FOLDER_IN_USE`, `PORT_TAKEN`, `RABBITMQ_START_FAILED`
 * @example
 * const broker = await startPrivateRabbitMq({ dataDir: '.scutwork/rabbitmq' });
 * await amqplib.connect(broker.url);
 * await broker.stop();
 */
export async function startPrivateRabbitMq(options: PrivateRabbitMqOptions): Promise<PrivateRabbitMq> {
  const dataDir = resolve(options.dataDir);
  const programs = findRabbitMq();
  if (!programs) throw missing();
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const claimed = claim(join(dataDir, 'owner.json'));
  if (!claimed.held) throw inUse(dataDir, claimed.by.pid);
  try {
    const started = await startOrAdopt({ ...options, dataDir }, programs);
    return handle({ ...options, dataDir }, started, claimed.release);
  } catch (error) {
    claimed.release();
    if (options.temporary) rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
}

interface Started {
  start: StartOptions;
  processes: BrokerProcesses;
}

async function startOrAdopt(options: PrivateRabbitMqOptions, programs: RabbitMqPrograms): Promise<Started> {
  const { dataDir } = options;
  const left = leftProcesses(dataDir);
  const known = knownSettings(dataDir);
  if (left?.running && known && (await canAdopt(options, known))) {
    return { start: startOptions(options, programs, known), processes: left.processes };
  }
  if (left) await endProcesses(dataDir, left.processes, { deadlineMs: 8_000 });
  const settings = await rememberSettings(options);
  writeBrokerFiles(options, settings);
  const start = startOptions(options, programs, settings);
  return { start, processes: await startProcesses(start) };
}

/** A running broker serves as it is if it answers and would be started with the very same files. */
async function canAdopt(options: PrivateRabbitMqOptions, settings: Settings): Promise<boolean> {
  if (options.port !== undefined && options.port !== settings.port) return false;
  return writeBrokerFiles(options, settings).unchanged && (await answersAmqp(settings.port));
}

function startOptions(options: PrivateRabbitMqOptions, programs: RabbitMqPrograms, settings: Settings): StartOptions {
  const { dataDir } = options;
  const env = brokerEnvironment(dataDir, programs, settings, options.schedulers ?? 2);
  return { dataDir, programs, settings, env, deadlineMs: options.startDeadlineMs ?? 60_000 };
}

function handle(
  options: PrivateRabbitMqOptions,
  { start, processes: first }: Started,
  release: () => void,
): PrivateRabbitMq {
  const { dataDir } = options;
  const { settings } = start;
  const guardian = options.temporary ? guard(dataDir) : undefined;
  let processes = first;
  let stopped: Promise<void> | undefined;
  const watch = () => guardian?.watch([processes.broker.pid, processes.epmd.pid]);
  watch();

  const stop = async (deadlineMs: number) => {
    await endProcesses(dataDir, processes, { deadlineMs });
    release();
    if (!guardian) return;
    rmSync(dataDir, { recursive: true, force: true });
    guardian.dismiss();
  };

  return {
    url: `amqp://${settings.user}:${settings.password}@127.0.0.1:${settings.port}`,
    port: settings.port,
    managementUrl: options.management ? `http://127.0.0.1:${settings.managementPort}` : undefined,
    dataDir,
    get pid() {
      return isAlive(processes.broker) ? processes.broker.pid : undefined;
    },
    isRunning: () => isAlive(processes.broker),
    ctl: (...args) => rabbitMqCtl(dataDir, args),
    kill: () => endProcess(processes.broker, { deadlineMs: 0, signal: 'SIGKILL' }),
    restart: async () => {
      await endProcesses(dataDir, processes, { deadlineMs: 8_000 });
      processes = await startProcesses(start);
      watch();
    },
    stop: ({ deadlineMs = 8_000 } = {}) => (stopped ??= stop(deadlineMs)),
  };
}

function missing(): LocalError {
  return new LocalError(
    'RABBITMQ_MISSING',
    'no rabbitmq-server is installed on this machine',
    'install it (Debian, Ubuntu: sudo apt-get install rabbitmq-server), or set AMQP_URL to a broker of yours',
  );
}

function inUse(dataDir: string, pid: number): LocalError {
  return new LocalError(
    'FOLDER_IN_USE',
    `process ${pid} runs a private RabbitMQ in ${dataDir}`,
    'stop that process, or choose another folder',
  );
}
