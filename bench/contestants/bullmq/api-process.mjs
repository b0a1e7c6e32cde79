// What people put before BullMQ: a Fastify that checks a bearer token, and adds what comes.
import { timingSafeEqual } from 'node:crypto';
import { Queue } from 'bullmq';
import Fastify from 'fastify';

const { PORT, REDIS_PORT, TOKEN, QUEUE } = process.env;
const wanted = Buffer.from(`Bearer ${TOKEN}`);
const queue = new Queue(QUEUE, { connection: { host: '127.0.0.1', port: Number(REDIS_PORT) } });
const server = Fastify({ bodyLimit: 32 * 1024 * 1024 });

server.addHook('onRequest', async (request, reply) => {
  const given = Buffer.from(request.headers.authorization ?? '');
  const isKnown = given.length === wanted.length && timingSafeEqual(given, wanted);
  if (!isKnown && request.url !== '/health') await reply.code(401).send();
});
server.get('/health', async () => 'up');
server.post('/jobs', async ({ body }, reply) => {
  const { id } = await queue.add(body.type, body.payload);
  return reply.code(202).send({ id });
});
server.post('/jobs/batch', async ({ body }, reply) => {
  const added = await queue.addBulk(body.jobs.map(({ type, payload }) => ({ name: type, data: payload })));
  return reply.code(202).send({ ids: added.map(({ id }) => id) });
});

await queue.waitUntilReady();
await server.listen({ port: Number(PORT), host: '127.0.0.1' });
process.once('SIGTERM', async () => {
  await server.close();
  await queue.close();
  process.exit();
});
