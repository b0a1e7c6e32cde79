/** Name and arguments of the queue that the AMQP peers share the shape of: durable, and a quorum queue unless named. */
export function workQueue({ queue, queueType }) {
  return [queue, { durable: true, arguments: { 'x-queue-type': queueType } }];
}
