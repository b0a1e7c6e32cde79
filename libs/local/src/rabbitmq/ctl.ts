import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { LocalError } from '../local-error';
import { containerName } from './docker';
import { brokerEnvironment } from './environment';
import { findRabbitMq } from './find';
import { knownSettings } from './settings';

function runCtl(command: string, args: string[], options: { env?: NodeJS.ProcessEnv; cwd: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { ...options, timeout: 60_000, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const said = (stderr || stdout || error.message).trim();
      reject(
        new LocalError('RABBITMQCTL_FAILED', `rabbitmqctl ${args.join(' ')}: ${said}`, 'see the broker’s log', {
          cause: error,
        }),
      );
    });
  });
}

/**
 * Runs `rabbitmqctl` against the private broker of this folder, from any process; returns what it printed.
 *
 * @throws LocalError `RABBITMQ_MISSING` if there is no broker on the folder, `RABBITMQCTL_FAILED` if the command failed
 * @example await rabbitMqCtl('.scutwork/rabbitmq', ['list_queues', 'name', 'messages']);
 */
export async function rabbitMqCtl(dataDir: string, args: string[]): Promise<string> {
  const folder = resolve(dataDir);
  const settings = knownSettings(folder);
  if (settings?.engine === 'docker') {
    return runCtl('docker', ['exec', containerName(settings), 'rabbitmqctl', '-q', ...args], { cwd: folder });
  }
  const programs = findRabbitMq();
  if (!programs || !settings) {
    throw new LocalError('RABBITMQ_MISSING', `no private RabbitMQ in ${folder}`, 'start one there first');
  }
  const env = brokerEnvironment(folder, programs, settings, 1);
  return runCtl(programs.ctl, ['-q', '-n', settings.nodeName, ...args], { env, cwd: folder });
}
