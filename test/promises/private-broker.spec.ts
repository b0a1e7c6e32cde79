import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { answersAmqp, rabbitMqCtl, startPrivateRabbitMq, type PrivateRabbitMq } from '../../libs/local/src';
import { sharedBroker, startOwnBroker } from '../support/private-broker';

describe('a private RabbitMQ', () => {
  let broker: PrivateRabbitMq;

  beforeAll(async () => {
    broker = await startOwnBroker();
  });

  afterAll(async () => {
    await broker.stop({ deadlineMs: 0 });
    expect(existsSync(broker.dataDir)).toBe(false);
  });

  test('lets a job hold its delivery as long as it likes', async () => {
    expect(await broker.ctl('eval', 'application:get_env(rabbit, consumer_timeout).')).toContain('undefined');
  });

  test('listens on 127.0.0.1 alone', async () => {
    const listeners = await broker.ctl(
      'eval',
      '[inet:sockname(P) || P <- erlang:ports(), {ok, _} <- [inet:sockname(P)]].',
    );
    expect(listeners).toContain(String(broker.port));
    expect(listeners).not.toContain('{0,0,0,0}');
  });

  test('keeps its secrets to its owner', () => {
    for (const file of ['settings.json', 'rabbitmq.conf', 'home/.erlang.cookie']) {
      expect(statSync(join(broker.dataDir, file)).mode & 0o077).toBe(0);
    }
  });

  test('is refused a second time on the same folder', async () => {
    await expect(startPrivateRabbitMq({ dataDir: broker.dataDir })).rejects.toMatchObject({ code: 'FOLDER_IN_USE' });
  });

  test('comes back after a kill with its ports and its data', async () => {
    await broker.ctl('add_vhost', 'kept');
    const { port, pid } = broker;
    await broker.kill();
    expect(broker.isRunning()).toBe(false);
    expect(await answersAmqp(port)).toBe(false);
    await broker.restart();
    expect(broker.pid).not.toBe(pid);
    expect(broker.port).toBe(port);
    expect(await broker.ctl('list_vhosts')).toContain('kept');
  });

  test('names the command and the reason when rabbitmqctl fails', async () => {
    await expect(broker.ctl('delete_user', 'nobody')).rejects.toMatchObject({
      code: 'RABBITMQCTL_FAILED',
      message: expect.stringMatching(/delete_user.*nobody/s),
    });
  });
});

test('the shared broker of the specs answers, and is not the one of the machine', async () => {
  const broker = sharedBroker();
  const { hostname, port, username } = new URL(broker.url);
  expect(hostname).toBe('127.0.0.1');
  expect(['', '5672']).not.toContain(port);
  expect(await answersAmqp(Number(port))).toBe(true);
  expect(await broker.ctl('list_users')).toContain(username);
});

test('a folder without a broker is named when rabbitmqctl is asked for', async () => {
  await expect(rabbitMqCtl('/nonexistent', ['status'])).rejects.toThrow('/nonexistent');
});
