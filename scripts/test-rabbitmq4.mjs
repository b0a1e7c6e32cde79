// `npm run test:rabbitmq4 [-- PATH…]`: the tests that need a broker, and a campaign of faults, on RabbitMQ 4. With paths only those specs.
import { delimiter } from 'node:path';
import { prepareRabbitMq4, programs } from './rabbitmq4.mjs';
import { build, fail, run, tool } from './setup.mjs';

const paths = process.argv.slice(2);
if (!build()) fail('the build failed; its output is above');
const obstacle = prepareRabbitMq4();
if (obstacle) fail(`RabbitMQ 4 cannot be made here: ${obstacle}`);
// Whoever looks for a RabbitMQ takes the first on the PATH.
process.env.PATH = [programs, process.env.PATH].join(delimiter);
const node = (...args) => run(process.execPath, ...args);
const passed = [node(tool('jest/bin/jest.js'), ...paths, '--selectProjects', 'broker', '--runInBand', '--forceExit')];
if (paths.length === 0) {
  const hook = './test/support/load-typescript.cjs';
  passed.push(node('-r', hook, 'test/faults/main.ts', '--minutes', '2', '--rabbitmq', '4'));
}
process.exit(passed.every(Boolean) ? 0 : 1);
