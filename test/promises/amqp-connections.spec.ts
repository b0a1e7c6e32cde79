import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { PrivateRabbitMq } from '../../libs/local/src';
import type { BrokerState } from '../../libs/jobs/src/broker/broker';
import {
  amqpClient,
  drained,
  idOf,
  ids,
  into,
  publish,
  publishAll,
  queuesPlan,
  stopAmqpClients,
  uniqueName,
} from '../support/amqp-client';
import { sharedBroker, startOwnBroker } from '../support/private-broker';
import { type TcpGate, gateTo } from '../support/tcp-gate';
import { until } from '../support/until';

afterEach(stopAmqpClients);

describe('a connection that is refused', () => {
  const refusedState = (state: BrokerState) => (state.name === 'connecting' && state.refused ? state : undefined);

  test('a wrong password is told with the user and never with the password', async () => {
    const url = new URL(sharedBroker().url);
    url.password = 'not-%40the-password';
    const { broker, events } = await amqpClient(url.href);
    const state = await until('the refusal', () => refusedState(broker.state));
    expect(state.lastError).toContain(`refuses the user "${url.username}" or its password`);
    expect(state.lastError).toContain(`amqp://${url.username}:***@127.0.0.1:${url.port}`);
    const depth = broker.depth('any').catch((error: unknown) => String(error));
    expect(JSON.stringify([events, state, await depth])).not.toMatch(/not-(%40|@)the-password/);
    expect(events.map(({ event }) => event)).toEqual(['broker.disconnected']);
  });

  test('a virtual host that does not exist is told', async () => {
    const { broker } = await amqpClient(`${sharedBroker().url}/missing`);
    const state = await until('the refusal', () => refusedState(broker.state));
    expect(state.lastError).toContain('refuses the virtual host');
  });

  test('a node of the cluster that is away is passed over', async () => {
    const urls = ['amqp://work:s3cret@127.0.0.1:1', sharedBroker().url];
    const { broker, events } = await amqpClient(urls, { random: () => 0 });
    await until('the connection', () => broker.state.name === 'connected');
    expect(events.map(({ event }) => event)).toEqual(['broker.disconnected', 'broker.connected']);
    expect(JSON.stringify(events)).not.toContain('s3cret');
  });
});

describe('stopping', () => {
  test('ends within the deadline and leaves no socket, whatever the other side does', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { broker } = await amqpClient(`amqp://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    await until('both handshakes', () => sockets.size === 2);
    const publisher = broker.publisher();
    const outcome = publish(publisher, into('any', 'm1'));
    await broker.stop({ deadlineMs: 200 });
    await expect(outcome).resolves.toBe('stopped');
    for (const socket of sockets) socket.resume();
    await until('the end of both sockets', () => sockets.size === 0);
    silent.close();
    await broker.stop();
    expect(broker.state.name).toBe('stopped');
  });

  test('a client that never started, or never reached a broker, can be stopped', async () => {
    const { broker } = await amqpClient('amqp://127.0.0.1:1');
    const applied = expect(broker.apply(queuesPlan('any'))).rejects.toMatchObject({ code: 'client_stopped' });
    await broker.stop();
    await applied;
    await expect(broker.start()).rejects.toMatchObject({ code: 'client_stopped' });
  });
});

describe('a network that fails', () => {
  const gates: TcpGate[] = [];
  afterEach(() => Promise.all(gates.splice(0).map((gate) => gate.close())));

  test('connections cut in the middle of anything, again and again, lose nothing and leave nothing hanging', async () => {
    const { gate, url } = await gateTo(sharedBroker().url);
    gates.push(gate);
    const queue = uniqueName('cut');
    const { broker } = await amqpClient(url, { reconnectMs: 10 });
    await broker.apply(queuesPlan(queue));
    const seen = new Set<string>();
    await broker.subscribe({
      queue,
      prefetch: 50,
      onDelivery: (delivery) => {
        seen.add(idOf(delivery));
        setImmediate(() => delivery.ack());
      },
    });
    const publisher = broker.publisher({ window: 50, deadlineMs: Infinity });
    const messages = ids(4_000).map((id) => into(queue, id));
    const sent: ReturnType<typeof publishAll>[] = [];
    const asked: Promise<unknown>[] = [];
    for (let cut = 0; cut < 40; cut += 1) {
      await until('the connection', () => broker.state.name === 'connected');
      sent.push(publishAll(publisher, messages.slice(cut * 100, cut * 100 + 100)));
      for (let turn = 0; turn < cut; turn += 1) {
        if (turn % 5 === 0) {
          const asks = [broker.depth(queue), broker.pull(uniqueName('none')), broker.apply(queuesPlan(queue))];
          asked.push(Promise.allSettled(asks));
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      gate.cut();
    }
    await Promise.all(asked);
    const outcomes = (await Promise.all(sent)).flat();
    expect(outcomes.filter((kind) => kind !== 'confirmed' && kind !== 'unknown')).toEqual([]);
    await until('all confirmed', () => ids(4_000).every((id, i) => outcomes[i] !== 'confirmed' || seen.has(id)));
    await until('an empty queue', async () => (await broker.depth(queue).catch(() => undefined))?.messages === 0);
  });
});

describe('a broker that fails', () => {
  let own: PrivateRabbitMq;

  beforeAll(async () => {
    own = await startOwnBroker();
  });
  afterAll(() => own.stop({ deadlineMs: 0 }));

  test('connections killed by the broker come back, and nothing confirmed or unsettled is lost', async () => {
    const queue = uniqueName('killed');
    const { broker, events } = await amqpClient(own.url);
    await broker.apply(queuesPlan(queue));
    const seen = new Set<string>();
    await broker.subscribe({
      queue,
      prefetch: 100,
      onDelivery: (delivery) => {
        seen.add(idOf(delivery));
        setImmediate(() => delivery.ack());
      },
    });
    const publisher = broker.publisher({ window: 20, deadlineMs: Infinity });
    const messages = ids(2_000).map((id) => into(queue, id));
    const kinds = publishAll(publisher, messages);
    await until('the first deliveries', () => seen.size > 0);
    await own.ctl('close_all_connections', 'test');
    const outcomes = await kinds;
    expect(outcomes.filter((kind) => kind !== 'confirmed' && kind !== 'unknown')).toEqual([]);
    await until('all confirmed', () =>
      messages.every((m, i) => outcomes[i] !== 'confirmed' || seen.has(m.messageId ?? '')),
    );
    await until('an empty queue', async () => (await broker.depth(queue).catch(() => undefined))?.messages === 0);
    await until('both connections', () => broker.state.name === 'connected');
    expect(events.map(({ event }) => event).filter((event) => event.startsWith('broker.'))).toEqual([
      'broker.connected',
      'broker.disconnected',
      'broker.connected',
    ]);
  });

  test('what is published while the broker restarts is sent when it is back, and consuming goes on', async () => {
    const queue = uniqueName('restarted');
    const { broker } = await amqpClient(own.url);
    await broker.apply(queuesPlan(queue));
    const seen: string[] = [];
    await broker.subscribe({
      queue,
      prefetch: 10,
      onDelivery: (delivery) => {
        seen.push(idOf(delivery));
        delivery.ack();
      },
    });
    const restarted = own.restart();
    await until('the loss', () => broker.state.name === 'connecting');
    const kinds = publishAll(
      broker.publisher({ deadlineMs: Infinity }),
      ids(100).map((id) => into(queue, id)),
    );
    await restarted;
    expect(new Set(await kinds)).toEqual(new Set(['confirmed']));
    await until('all deliveries', () => seen.length >= 100);
    expect([...new Set(seen)]).toEqual(ids(100));
  });

  test('a broker that comes back empty gets the topology again, and its consumers with it', async () => {
    const queue = uniqueName('reset');
    const { broker } = await amqpClient(own.url);
    await broker.apply(queuesPlan(queue));
    const seen: string[] = [];
    await broker.subscribe({ queue, prefetch: 10, onDelivery: (delivery) => void seen.push(idOf(delivery)) });
    await own.ctl('stop_app');
    await own.ctl('reset');
    await own.ctl('start_app');
    await until('the connection', () => broker.state.name === 'connected');
    const publisher = broker.publisher();
    await until('a confirm', async () => (await publish(publisher, into(queue, 'm1'))) === 'confirmed');
    await until('its delivery', () => seen.includes('m1'));
  });
});

describe('a broker in alarm', () => {
  let own: PrivateRabbitMq;

  beforeAll(async () => {
    own = await startOwnBroker();
  });
  afterAll(() => own.stop({ deadlineMs: 0 }));
  afterEach(() => own.ctl('set_vm_memory_high_watermark', '0.6'));

  test('blocks publishing and says so; acks get through; what waited is sent afterwards', async () => {
    const queue = uniqueName('alarm');
    const { broker, events } = await amqpClient(own.url);
    await broker.apply(queuesPlan(queue));
    await publishAll(
      broker.publisher(),
      ids(50).map((id) => into(queue, id)),
    );
    await own.ctl('set_vm_memory_high_watermark', '0');
    const late = broker.publisher({ window: 5, deadlineMs: Infinity });
    const kinds = publishAll(
      late,
      ids(20).map((id) => into(queue, `late-${id}`)),
    );
    const blocked = await until('the alarm', () => (broker.state.name === 'blocked' ? broker.state : undefined));
    expect(blocked).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+/),
      reason: expect.stringContaining('memory'),
    });
    const taken: string[] = [];
    await broker.subscribe({
      queue,
      prefetch: 5,
      onDelivery: (delivery) => {
        taken.push(idOf(delivery));
        delivery.ack();
      },
    });
    await until('all that was there', () => taken.length === 50);
    expect(late.pending).toBe(20);
    await own.ctl('set_vm_memory_high_watermark', '0.6');
    expect(new Set(await kinds)).toEqual(new Set(['confirmed']));
    expect(broker.state.name).toBe('connected');
    expect(events.map(({ event }) => event)).toEqual(['broker.connected', 'broker.blocked', 'broker.unblocked']);
  });

  test('at the deadline what was sent is unknown, as many as the window takes; the rest was never sent', async () => {
    const queue = uniqueName('deadline');
    const { broker } = await amqpClient(own.url);
    await broker.apply(queuesPlan(queue));
    const publisher = broker.publisher({ window: 5, deadlineMs: 1_000 });
    await expect(publishAll(publisher, [into(queue, 'before')])).resolves.toEqual(['confirmed']);
    await own.ctl('set_vm_memory_high_watermark', '0');
    const kinds = await publishAll(
      publisher,
      ids(20).map((id) => into(queue, id)),
    );
    expect(kinds).toEqual(ids(20).map((_, index) => (index < 5 ? 'unknown' : 'expired')));
    expect(publisher.pending).toBe(0);
    await own.ctl('set_vm_memory_high_watermark', '0.6');
    await expect(publishAll(publisher, [into(queue, 'after')])).resolves.toEqual(['confirmed']);
    await expect(drained(broker, queue)).resolves.toEqual(['before', ...ids(5), 'after']);
  });
});
