// A relay in a process of its own, to be killed.
const { amqpBroker, namesFor } = require('@scutwork/jobs');
const { Database, Relay } = require('@scutwork/ledger');

const { url, prefix, databaseUrl } = JSON.parse(process.argv[2]);
const names = namesFor(prefix);
const broker = amqpBroker({ urls: [url], names, reconnectMs: 200 });
const fail = (error) => {
  console.error(error);
  process.exit(1);
};
const events = { failed: (_what, error) => fail(error), parked: () => undefined, noticed: () => undefined };
const relay = new Relay({ database: new Database({ url: databaseUrl }), broker, names, events });

async function main() {
  await broker.start();
  for (;;) {
    if ((await relay.run()) === 'done') await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
main().catch(fail);
