import { execFile } from 'node:child_process';
import { LocalError } from '../local-error';

/** Runs `rabbitmqctl` and returns what it printed. */
export function runCtl(
  command: string,
  args: string[],
  options: { env: NodeJS.ProcessEnv; cwd: string },
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { ...options, timeout: 60_000, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const said = (stderr || stdout || error.message).trim();
      reject(new LocalError('RABBITMQCTL_FAILED', `rabbitmqctl ${args.join(' ')}: ${said}`, 'see the broker’s log', { cause: error }));
    });
  });
}
