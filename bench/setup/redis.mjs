import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { freePorts } from '@scutwork/local';
import { Redis } from 'ioredis';

/** The bench's own Redis for BullMQ: append-only file synced every second, in its own folder, on a free port. */
export async function startRedis(folder) {
  const dir = `${folder}/redis`;
  await mkdir(dir, { recursive: true });
  const [port] = await freePorts(1);
  const durability = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];
  const where = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, '--daemonize', 'no'];
  const server = spawn('redis-server', [...where, ...durability, '--maxmemory-policy', 'noeviction'], {
    stdio: 'ignore',
    detached: true, // Ctrl-C reaches us alone: we stop it
  });
  const failed = once(server, 'error').then(([error]) => Promise.reject(error));

  const client = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 50, maxRetriesPerRequest: 200 });
  client.on('error', () => {}); // it answers a moment after it was started; a Redis that never does fails the ping
  await Promise.race([client.ping(), failed]);

  return {
    port,
    pid: server.pid,
    forgetAll: () => client.flushall('SYNC'),
    version: async () => /redis_version:(\S+)/.exec(await client.info('server'))[1],
    async stop() {
      client.disconnect();
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill('SIGTERM');
      await once(server, 'exit');
    },
  };
}
