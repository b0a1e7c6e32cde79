import { ScutworkError } from '../../libs/jobs/src/contracts/errors';
import { namesFor } from '../../libs/jobs/src/topology/names';
import { planTopology } from '../../libs/jobs/src/topology/plan';
import { amqpClient, into, publishAll, queuesPlan, stopAmqpClients, uniqueName } from '../support/amqp-client';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

const guarded = { 'x-dead-letter-exchange': 'first', 'x-overflow': 'reject-publish', 'x-delivery-limit': 5 };

/** The error of a promise that must reject with one of ours. */
async function refusal(work: Promise<unknown>): Promise<ScutworkError> {
  const error: unknown = await work.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ScutworkError)) throw error;
  return error;
}

describe('a topology that differs from what is there', () => {
  afterEach(stopAmqpClients);

  const decisive: [string, Record<string, string | number>, string][] = [
    [
      'another type',
      { 'x-queue-type': 'classic', 'x-dead-letter-exchange': 'first', 'x-overflow': 'reject-publish' },
      'x-queue-type = quorum, wanted is classic',
    ],
    [
      'another dead-letter exchange',
      { ...guarded, 'x-dead-letter-exchange': 'second' },
      'x-dead-letter-exchange = first, wanted is second',
    ],
    [
      'another dead-letter key',
      { ...guarded, 'x-dead-letter-routing-key': 'key' },
      'x-dead-letter-routing-key = none, wanted is key',
    ],
    [
      'another dead-letter strategy',
      { ...guarded, 'x-dead-letter-strategy': 'at-least-once' },
      'x-dead-letter-strategy = none, wanted is at-least-once',
    ],
    ['another overflow', { ...guarded, 'x-overflow': 'drop-head' }, 'x-overflow = reject-publish, wanted is drop-head'],
    ['a time to live', { ...guarded, 'x-message-ttl': 1_000 }, 'x-message-ttl = none, wanted is 1000'],
    [
      'a time to live, behind a harmless difference',
      { ...guarded, 'x-delivery-limit': 7, 'x-message-ttl': 1_000 },
      'x-message-ttl = none, wanted is 1000',
    ],
  ];

  test.each(decisive)('%s is refused, with the queue, what is found and what is wanted', async (_, wanted, words) => {
    const name = uniqueName('queue');
    const { broker } = await amqpClient(sharedBroker().url);
    await broker.apply(queuesPlan({ name, arguments: guarded }));
    const error = await refusal(broker.apply(queuesPlan({ name, arguments: wanted })));
    expect([error.code, error.field]).toEqual(['topology_mismatch', name]);
    expect(error.message).toContain(`queue "${name}" has ${words}`);
    expect(error.hint).toBeDefined();
  });

  test('harmless differences leave the queue as it is and are told', async () => {
    const name = uniqueName('queue');
    const { broker, events } = await amqpClient(sharedBroker().url);
    await broker.apply(queuesPlan({ name, arguments: guarded }));
    await broker.apply(queuesPlan({ name, arguments: { ...guarded, 'x-delivery-limit': 1_000, 'x-max-length': 9 } }));
    const told = events.flatMap((event) => (event.event === 'topology.drifted' ? [event.difference] : []));
    expect(told.sort()).toEqual([
      `queue "${name}" has x-delivery-limit = 5, wanted is 1000`,
      `queue "${name}" has x-max-length = none, wanted is 9`,
    ]);
    await expect(publishAll(broker.publisher(), [into(name, 'm1')])).resolves.toEqual(['confirmed']);
  });

  test('an exchange that would lose what no queue takes is refused', async () => {
    const name = uniqueName('exchange');
    const plan = (alternate?: string) => ({
      ...queuesPlan(),
      exchanges: [{ name, type: 'topic' as const, alternate, purpose: 'test' }],
    });
    const { broker } = await amqpClient(sharedBroker().url);
    await broker.apply(plan());
    const error = await refusal(broker.apply(plan('stray')));
    expect(error.message).toContain(`exchange "${name}" has alternate-exchange = none, wanted is stray`);
  });

  test('the whole plan is what the broker takes, twice', async () => {
    const names = namesFor(uniqueName('whole'));
    const { broker, events } = await amqpClient(sharedBroker().url);
    const plan = planTopology({ names, queues: ['email', 'report'] });
    await broker.apply(plan);
    await broker.apply(plan);
    expect(events.filter(({ event }) => event === 'topology.drifted')).toEqual([]);
    await sharedBroker().ctl(
      'eval',
      `[rabbit_amqqueue:delete(Q, false, false, <<"test">>) || Q <- rabbit_amqqueue:list(<<"/">>), lists:prefix("${names.prefix}.", binary_to_list(element(4, element(2, Q))))], ok.`,
    );
  });
});

describe('a user without permissions', () => {
  const user = uniqueName('user');
  const own = uniqueName('own');
  let url: string;

  beforeAll(async () => {
    const { ctl, url: shared } = sharedBroker();
    await ctl('add_user', user, 'secret-of-the-test');
    const limited = new URL(shared);
    [limited.username, limited.password] = [user, 'secret-of-the-test'];
    url = limited.href;
    const { broker } = await amqpClient(shared);
    await broker.apply(queuesPlan(own));
    await stopAmqpClients();
  });
  afterEach(stopAmqpClients);
  afterAll(() => sharedBroker().ctl('delete_user', user));

  const allow = (configure: string, write: string, read: string) =>
    sharedBroker().ctl('set_permissions', '-p', '/', user, configure, write, read);

  test('is told that it may not configure a queue', async () => {
    await allow('^$', '.*', '.*');
    const { broker } = await amqpClient(url);
    const error = await refusal(broker.apply(queuesPlan(uniqueName('forbidden'))));
    expect(error.code).toBe('permission_missing');
    expect(error.message).toMatch(
      new RegExp(`^The user "${user}" lacks the configure permission on "forbidden-\\w+" in virtual host "/"$`),
    );
    expect(error.hint).toContain('rabbitmqctl set_permissions');
  });

  test('is told that it may not read a queue', async () => {
    await allow('.*', '.*', '^$');
    const { broker } = await amqpClient(url);
    await until('the connection', () => broker.state.name === 'connected');
    const subscribe = () => broker.subscribe({ queue: own, prefetch: 1, onDelivery: () => undefined });
    for (const ask of [subscribe, () => broker.pull(own)]) {
      const error = await refusal(ask());
      expect([error.code, error.field]).toEqual(['permission_missing', own]);
      expect(error.message).toContain('lacks the read permission');
    }
  });

  test('is told that it may not write to an exchange', async () => {
    await allow('.*', '^$', '.*');
    const { broker, events } = await amqpClient(url);
    const publisher = broker.publisher();
    const forbidden = { ...into(own, 'm1'), exchange: 'amq.topic' };
    await expect(publishAll(publisher, [forbidden])).resolves.toEqual(['unknown']);
    const closed = events.find(({ event }) => event === 'channel.closed');
    expect(closed).toMatchObject({
      reason: `The user "${user}" lacks the write permission on "amq.topic" in virtual host "/"`,
    });
  });

  test('is told that it may not bind', async () => {
    await allow('.*', '.*', '^$');
    const { broker } = await amqpClient(url);
    const name = uniqueName('bound');
    const plan = {
      ...queuesPlan(name),
      bindings: [{ from: 'amq.topic', to: name, toKind: 'queue' as const, key: '#' }],
    };
    const error = await refusal(broker.apply(plan));
    expect(error.message).toContain('lacks the read permission on "amq.topic"');
  });
});
