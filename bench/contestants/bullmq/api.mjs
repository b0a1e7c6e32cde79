import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { freePorts } from '@scutwork/local';
import { Queue } from 'bullmq';
import { startApp } from '../../setup/app-process.mjs';
import { mail } from '../mail.mjs';

const PROGRAM = fileURLToPath(new URL('./api-process.mjs', import.meta.url));
const QUEUE = 'bench-api';

export async function openApi({ redis }) {
  const [port] = await freePorts(1);
  const token = randomBytes(32).toString('base64url');
  const url = `http://127.0.0.1:${port}`;
  const env = { PORT: String(port), REDIS_PORT: String(redis.port), TOKEN: token, QUEUE, NODE_ENV: 'production' };
  const app = await startApp(PROGRAM, { env, url: `${url}/health` });
  const queue = new Queue(QUEUE, { connection: { host: '127.0.0.1', port: redis.port } });
  const job = { type: 'email.welcome', payload: mail };
  return {
    ...app,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    one: { url: `${url}/jobs`, body: JSON.stringify(job) },
    many: (count) => ({
      url: `${url}/jobs/batch`,
      body: JSON.stringify({ jobs: Array.from({ length: count }, () => job) }),
    }),
    stored: () => queue.getWaitingCount(),
    async close() {
      await queue.close();
      await app.stop();
      await redis.forgetAll();
    },
  };
}
