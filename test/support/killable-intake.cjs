// The inbox of a ledger in a process of its own, to be killed. It uses the built libraries: run `npm run build` before.
const { amqpBroker, namesFor, planLedger } = require('@scutwork/jobs');
const { Database, Recorder } = require('../../libs/ledger/dist');
const { inboxRecording } = require('../../libs/ledger/dist/intake/inbox');
const { Intake } = require('../../libs/ledger/dist/intake/intake');
const { parkIn } = require('../../libs/ledger/dist/intake/park');
const { silentLedger: events } = require('../../libs/ledger/dist/ledger-events');
const { countChanges } = require('../../libs/ledger/dist/record/effects/counts');

const { url, prefix, database: databaseUrl } = JSON.parse(process.argv[2]);
const names = namesFor(prefix);

async function main() {
  const broker = amqpBroker({ urls: [url], names, reconnectMs: 200 });
  await broker.start();
  await broker.apply(planLedger({ names }));
  const recorder = new Recorder(new Database({ url: databaseUrl }), [countChanges]);
  const park = parkIn(names.parked, broker.publisher(), events);
  const { record } = inboxRecording({ recorder, broker, names, park });
  await new Intake({ broker, queue: names.ledger, prefetch: 100, most: 5, record, park, events }).start();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
