import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from '../local-error';
import { answersAmqp } from '../amqp-probe';
import { becomes } from '../processes';
import type { Engine } from './engine';
import type { PrivateRabbitMqOptions } from './options';
import { knownSettings, rememberSettings, type Settings } from './settings';

const image = 'rabbitmq:4-management';

/** Whether a Docker engine answers here, for us. */
export async function dockerAnswers(): Promise<boolean> {
  return (await docker(['info', '--format', '{{.ServerVersion}}'], 5_000)).ok;
}

/** The container (and the volume) of a private broker. */
export function containerName(settings: Settings): string {
  return settings.nodeName.replace(/@.*/, '');
}

/** Runs the broker in a container whose ports are bound to 127.0.0.1. */
export function dockerEngine(options: PrivateRabbitMqOptions): Engine {
  let settings: Settings | undefined;
  let pid = 0;

  const awaitAnswer = async ({ port }: Settings) => {
    const deadlineMs = options.startDeadlineMs ?? 60_000;
    if (await becomes(() => answersAmqp(port), deadlineMs, 100)) return;
    throw new LocalError(
      'RABBITMQ_START_FAILED',
      `RabbitMQ in Docker did not answer within ${deadlineMs} ms`,
      'see: docker logs',
    );
  };
  const readPid = async (name: string) => {
    pid = Number((await docker(['inspect', '--format', '{{.State.Pid}}', name])).stdout.trim()) || 0;
  };

  return {
    startOrAdopt: async () => {
      const known = knownSettings(options.dataDir);
      if (known) await docker(['rm', '--force', containerName(known)]);
      settings = await rememberSettings({ ...options, engine: 'docker' });
      writeContainerFiles(options, settings);
      options.onProgress?.(`starting RabbitMQ in Docker (${image})`);
      await mustDocker(runArgs(options, settings), 600_000);
      await awaitAnswer(settings);
      await readPid(containerName(settings));
      return settings;
    },
    startAgain: async () => {
      if (!settings) return;
      await mustDocker(['start', containerName(settings)]);
      await awaitAnswer(settings);
      await readPid(containerName(settings));
    },
    end: async (deadlineMs) => {
      if (!settings) return;
      const name = containerName(settings);
      await docker(['stop', '--time', String(Math.ceil(deadlineMs / 1_000)), name], deadlineMs + 10_000);
      pid = 0;
      if (options.temporary) await docker(['rm', '--force', '--volumes', name]);
      if (options.temporary) await docker(['volume', 'rm', '--force', name]);
    },
    kill: async () => {
      if (settings) await docker(['kill', containerName(settings)]);
      pid = 0;
    },
    pids: () => (pid > 0 ? [pid] : []),
  };
}

/** The command line holds no secret: every user of the machine can read it. */
export function runArgs({ dataDir, management }: PrivateRabbitMqOptions, settings: Settings): string[] {
  const name = containerName(settings);
  return [
    'run', '--detach', '--name', name, '--hostname', name,
    '--publish', `127.0.0.1:${settings.port}:5672`,
    ...(management ? ['--publish', `127.0.0.1:${settings.managementPort}:15672`] : []),
    '--volume', `${name}:/var/lib/rabbitmq`,
    '--volume', `${join(dataDir, 'container.conf')}:/etc/rabbitmq/conf.d/90-scutwork.conf:ro`,
    '--volume', `${join(dataDir, 'advanced.config')}:/etc/rabbitmq/advanced.config:ro`,
    '--env-file', join(dataDir, 'container.env'),
    image,
  ]; // prettier-ignore
}

function writeContainerFiles(options: PrivateRabbitMqOptions, settings: Settings): void {
  const write = (name: string, content: string, mode: number) =>
    writeFileSync(join(options.dataDir, name), content, { mode });
  const wal = `raft.wal_max_size_bytes = ${options.walMaxSizeBytes ?? 64 * 1024 * 1024}\n`;
  // The container's own user reads these two; the secrets go by the file that only the docker command reads.
  write('container.conf', `${wal}${options.extraConf ?? ''}\n`, 0o644);
  write('advanced.config', options.advancedConf ?? '[{rabbit, [{consumer_timeout, undefined}]}].\n', 0o644);
  // For whoever cleans up after us.
  write('container', containerName(settings), 0o600);
  write('container.env', `RABBITMQ_DEFAULT_USER=${settings.user}\nRABBITMQ_DEFAULT_PASS=${settings.password}\n`, 0o600);
}

async function mustDocker(args: string[], deadlineMs?: number): Promise<void> {
  const { ok, stderr } = await docker(args, deadlineMs);
  if (ok) return;
  throw new LocalError('RABBITMQ_START_FAILED', `docker ${args[0]}: ${stderr.trim()}`, 'see: docker ps --all');
}

function docker(args: string[], deadlineMs = 60_000): Promise<{ ok: boolean; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile('docker', args, { timeout: deadlineMs }, (error, stdout, stderr) =>
      resolve({ ok: !error, stdout, stderr: stderr || (error?.message ?? '') }),
    );
  });
}
