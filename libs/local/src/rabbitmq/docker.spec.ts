import { runArgs } from './docker';
import type { Settings } from './settings';

const settings: Settings = {
  engine: 'docker',
  nodeName: 'scutwork-12345678@localhost',
  port: 20_001,
  distributionPort: 20_002,
  epmdPort: 20_003,
  managementPort: 20_004,
  user: 'scutwork',
  password: 'hush',
};

test('a container is published on 127.0.0.1 alone, and its command line holds no secret', () => {
  const args = runArgs({ dataDir: '/data', management: true }, settings);
  const published = args.filter((_, index) => args[index - 1] === '--publish');
  expect(published).toEqual(['127.0.0.1:20001:5672', '127.0.0.1:20004:15672']);
  expect(args.join(' ')).not.toContain('hush');
});

test('the management page is published only when asked for', () => {
  expect(runArgs({ dataDir: '/data' }, settings).join(' ')).not.toContain('15672');
});
