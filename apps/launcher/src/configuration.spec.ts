import { join } from 'node:path';
import { readConfiguration } from './configuration';

const root = '/checkout';

test('an empty environment means the documented defaults', () => {
  const { configuration, mistakes } = readConfiguration({ AMQP_URL: '', PORT: ' ' }, root);
  expect(mistakes).toEqual([]);
  expect(configuration).toEqual({
    rootDir: root,
    dataDir: join(root, '.scutwork'),
    ports: { producer: 3000, workers: 3001, scheduler: 3002 },
    amqpUrl: undefined,
    databaseUrl: undefined,
    privateBroker: 'on',
  });
});

test('every mistake is named at once, with its variable and what would be right', () => {
  const env = {
    PORT: '70000',
    WORKERS_PORT: 'x',
    SCHEDULER_PORT: '3001',
    AMQP_URL: 'amqp://good,http://user:secret@bad',
    DATABASE_URL: 'nonsense',
    SCUTWORK_PRIVATE_BROKER: 'maybe',
  };
  const { mistakes } = readConfiguration(env, root);
  const named = mistakes.map(({ problem }) => problem.split(':')[0]);
  expect(named.sort()).toEqual([
    'AMQP_URL',
    'DATABASE_URL',
    'PORT',
    'SCHEDULER_PORT',
    'SCUTWORK_PRIVATE_BROKER',
    'WORKERS_PORT',
  ]);
  expect(mistakes.every(({ code, hint }) => code === 'CONFIGURATION_INVALID' && hint.length > 0)).toBe(true);
  expect(JSON.stringify(mistakes)).not.toContain('secret');
});

test('several brokers may be named', () => {
  const { configuration, mistakes } = readConfiguration({ AMQP_URL: 'amqp://a:5672, amqps://b' }, root);
  expect(mistakes).toEqual([]);
  expect(configuration.amqpUrl).toBe('amqp://a:5672, amqps://b');
});
