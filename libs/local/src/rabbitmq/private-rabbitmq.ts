import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { claim } from '../claim';
import { LocalError } from '../local-error';
import { chooseEngine } from './choose-engine';
import { rabbitMqCtl } from './ctl';
import type { Engine } from './engine';
import { guard } from '../guardian';
import type { PrivateRabbitMq, PrivateRabbitMqOptions } from './options';
import { type Settings, urlOf } from './settings';

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
export async function startPrivateRabbitMq(given: PrivateRabbitMqOptions): Promise<PrivateRabbitMq> {
  const options = { ...given, dataDir: resolve(given.dataDir) };
  const { dataDir } = options;
  const engine = await chooseEngine(options);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const claimed = claim(join(dataDir, 'owner.json'));
  if (!claimed.held) throw inUse(dataDir, claimed.by.pid);
  const guardian = options.temporary ? guard(dataDir) : undefined;
  const leave = () => {
    claimed.release();
    if (guardian) rmSync(dataDir, { recursive: true, force: true });
    guardian?.dismiss();
  };
  try {
    return handle(options, engine, await engine.startOrAdopt(), leave);
  } catch (error) {
    leave();
    throw error;
  }
}

function handle(
  options: PrivateRabbitMqOptions,
  engine: Engine,
  settings: Settings,
  leave: () => void,
): PrivateRabbitMq {
  const { dataDir } = options;
  let stopped: Promise<void> | undefined;

  const stop = async (deadlineMs: number) => {
    await engine.end(deadlineMs);
    leave();
  };

  return {
    url: urlOf(settings),
    port: settings.port,
    managementUrl: options.management ? `http://127.0.0.1:${settings.managementPort}` : undefined,
    dataDir,
    get pid() {
      return engine.pids()[0];
    },
    isRunning: () => engine.pids().length > 0,
    ctl: (...args) => rabbitMqCtl(dataDir, args),
    kill: () => engine.kill(),
    restart: async () => {
      await engine.end(8_000);
      await engine.startAgain();
    },
    stop: ({ deadlineMs = 8_000 } = {}) => (stopped ??= stop(deadlineMs)),
  };
}

function inUse(dataDir: string, pid: number): LocalError {
  return new LocalError(
    'FOLDER_IN_USE',
    `process ${pid} runs a private RabbitMQ in ${dataDir}`,
    'stop that process, or choose another folder',
  );
}
