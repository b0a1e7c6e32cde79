import { mkdtemp, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from './postgres.mjs';
import { startRabbitMq } from './rabbitmq.mjs';
import { startRedis } from './redis.mjs';

/** Starts the servers in a folder that disappears with them. */
export async function startServers() {
  const folder = await mkdtemp(join(tmpdir(), 'scutwork-bench-'));
  await chmod(folder, 0o755); // a broker started by root runs as its own user, and must reach its folder
  const started = [];
  const stop = async () => {
    for (const server of started.reverse()) await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const rabbitmq = await startRabbitMq(folder);
    started.push(rabbitmq);
    const redis = await startRedis(folder);
    started.push(redis);
    const postgres = await startPostgres(folder);
    started.push(postgres);
    return { rabbitmq, redis, postgres, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
