import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBroker } from './find-broker';

describe('the broker of the command', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'scutwork-cli-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  const found = (env: NodeJS.ProcessEnv = {}) => findBroker({ SCUTWORK_DATA_DIR: dataDir, ...env });
  const startedOnce = (): void => {
    mkdirSync(join(dataDir, 'rabbitmq'));
    const settings = { engine: 'installed', port: 4711, user: 'scutwork', password: 'hush' };
    writeFileSync(join(dataDir, 'rabbitmq', 'settings.json'), JSON.stringify(settings));
  };

  it('is the private one that npm start has, and what to do is start it', () => {
    startedOnce();
    const { urls, prefix, hint } = found({ AMQP_URL: ' ' });
    expect({ urls, prefix }).toEqual({ urls: ['amqp://scutwork:hush@127.0.0.1:4711'], prefix: 'jobs' });
    expect(hint).toContain(`${join(dataDir, 'rabbitmq')}: start it with npm start`);
    expect(hint).not.toContain('hush');
  });

  it('is that of AMQP_URL where it is set', () => {
    startedOnce();
    expect(found({ AMQP_URL: 'amqp://one,amqp://two' }).urls).toEqual(['amqp://one', 'amqp://two']);
  });

  it.each([
    ['npm start never had a private one', false, {}],
    ['npm start is not to have one', true, { SCUTWORK_PRIVATE_BROKER: 'off' }],
  ])('is that of this machine where %s', (_, started, env) => {
    if (started) startedOnce();
    const { urls, hint } = found(env);
    expect(urls).toEqual(['amqp://127.0.0.1:5672']);
    expect(hint).toContain('Set AMQP_URL');
  });
});
