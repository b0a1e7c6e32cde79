import {
  amqpClient,
  drained,
  ids,
  into,
  publish,
  publishAll,
  queuesPlan,
  stopAmqpClients,
  uniqueName,
} from '../support/amqp-client';
import { sharedBroker } from '../support/private-broker';
import { onQueue } from '../support/queue-internals';
import { type TcpGate, gateTo } from '../support/tcp-gate';

/** Long enough for a broker that is only busy. */
const STALL_MS = 1_500;

describe('a channel that is open and of no use', () => {
  const gates: TcpGate[] = [];
  afterEach(async () => {
    await stopAmqpClients();
    await Promise.all(gates.splice(0).map((gate) => gate.close()));
  });

  test('is given up when one queue does not answer, so that the others do not wait for it; nobody is told twice', async () => {
    const [stuck, well] = [uniqueName('stuck'), uniqueName('well')];
    const { broker, events } = await amqpClient(sharedBroker().url, { stallMs: STALL_MS });
    await broker.apply(queuesPlan(stuck, well));
    const publisher = broker.publisher({ window: 5, deadlineMs: Infinity });
    await expect(publish(publisher, into(stuck, 'first'))).resolves.toBe('confirmed');
    await tellQueue(stuck, 'suspend');
    const told: (string | undefined)[] = [];
    try {
      // They fill the window.
      for (const id of ids(5)) publisher.publish(into(stuck, id), (failure) => told.push(failure?.kind));
      await expect(publish(publisher, into(well, 'after'))).resolves.toBe('confirmed');
    } finally {
      await tellQueue(stuck, 'resume');
    }
    expect(events.map(({ event }) => event)).not.toContain('broker.disconnected');
    // What was in doubt is published again by whoever wants it, as after the loss of a connection.
    const again = ids(5).map((id) => into(stuck, id));
    await expect(publishAll(publisher, again)).resolves.toEqual(again.map(() => 'confirmed'));
    expect(told).toEqual(again.map(() => 'unknown'));
    expect(new Set(await drained(broker, stuck))).toEqual(new Set(['first', ...ids(5)]));
  });

  test('is given up with its connection when the broker does not read that', async () => {
    const queue = uniqueName('unread');
    const { gate, url } = await gateTo(sharedBroker().url);
    gates.push(gate);
    const { broker, events } = await amqpClient(url, { stallMs: STALL_MS });
    await broker.apply(queuesPlan(queue));
    const publisher = broker.publisher({ deadlineMs: Infinity });
    await expect(publish(publisher, into(queue, 'm1'))).resolves.toBe('confirmed');
    gate.freeze();
    await expect(publish(publisher, into(queue, 'm2'))).resolves.toBe('unknown');
    await expect(publish(publisher, into(queue, 'm3'))).resolves.toBe('confirmed');
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'broker.disconnected', reason: expect.stringContaining('does not answer') }),
    );
    gate.dropFrozen();
  });

  test('is replaced when a queue refuses what is sent on it, and nothing is in doubt for that', async () => {
    const [full, well] = [uniqueName('full'), uniqueName('well')];
    const { broker, events } = await amqpClient(sharedBroker().url);
    await broker.apply(
      queuesPlan(well, { name: full, arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } }),
    );
    const publisher = broker.publisher({ window: 10 });
    const kinds = new Set<string>();
    const isReplaced = (): boolean => events.some(({ event }) => event === 'channel.closed');
    for (let round = 0; !isReplaced(); round++) {
      for (const kind of await publishAll(publisher, [into(full, `f${round}`), into(well, `w${round}`)]))
        kinds.add(kind);
    }
    await expect(publish(publisher, into(well, 'after'))).resolves.toBe('confirmed');
    expect([...kinds].sort()).toEqual(['confirmed', 'nacked']);
    expect((await drained(broker, well)).at(-1)).toBe('after');
  });
});

/** Of a queue alone, as when what carries its confirms is lost. */
async function tellQueue(queue: string, what: 'suspend' | 'resume'): Promise<void> {
  await sharedBroker().ctl('eval', onQueue(queue, `sys:${what}(amqqueue:get_pid(Q))`));
}
