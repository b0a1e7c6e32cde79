// A worker in a process of its own, to be killed. Its jobs write what they do to a file, one line each, at once.
const { appendFileSync } = require('node:fs');
const { Handlers, Worker, amqpBroker, namesFor } = require('@scutwork/jobs');

const { url, prefix, log, concurrency = 5, prefetch, poisonAfter } = JSON.parse(process.argv[2]);
const names = namesFor(prefix);
const say = (line) => appendFileSync(log, `${line}\n`);

const handlers = new Handlers();
handlers.register('crash.innocent', async ({ number, takesMs = 0 }) => {
  say(`start ${number}`);
  if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
  say(`end ${number}`);
});
handlers.register('crash.spinner', async ({ spinsMs, holding }) => {
  // What is to be held while it spins has come.
  while (worker.held < holding) await new Promise((resolve) => setImmediate(resolve));
  say('spin');
  for (const endsAt = Date.now() + spinsMs; Date.now() < endsAt;);
  say('spun');
});
handlers.register('crash.killer', () => {
  say('killer');
  process.kill(process.pid, 'SIGKILL');
});

const broker = amqpBroker({ urls: [url], names, reconnectMs: 200 });
const worker = new Worker({ broker, handlers, names, poisonAfter, queues: { crash: { concurrency, prefetch } } });
process.on('SIGTERM', async () => {
  await worker.stop({ deadlineMs: 10_000 });
  await broker.stop({ deadlineMs: 2_000 });
  process.exit(0);
});
worker.start().then(
  () => say('ready'),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
