import type { JobsWorld } from './jobs-world';

/** A ledger's queue, read by the test. */
export async function recordsOf(world: JobsWorld) {
  const broker = await world.broker();
  const queue = `${world.names.prefix}.ledger`;
  await broker.apply({
    exchanges: [{ name: world.names.records, type: 'fanout', purpose: 'test' }],
    queues: [{ name: queue, type: 'quorum', arguments: { 'x-queue-type': 'quorum' }, purpose: 'test' }],
    bindings: [{ from: world.names.records, to: queue, toKind: 'queue', key: '' }],
  });
  const lines: { event: string; id?: string }[] = [];
  return {
    async read() {
      for (let batch = await broker.pull(queue); batch; batch = await broker.pull(queue)) {
        for (const line of batch.message.body.toString().split('\n')) lines.push(JSON.parse(line) as { event: string });
        batch.ack();
      }
      return lines;
    },
  };
}
