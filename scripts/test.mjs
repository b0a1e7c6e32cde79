// `npm test`: the same set-up as `npm start`, then every check and every test, against a RabbitMQ of their own.
import { isNodeNewEnough } from './node-version.mjs';

async function main() {
  const { installDependencies, installPackages, build, fail, run, tool } = await import('./setup.mjs');
  const began = performance.now();
  if (!installDependencies()) fail('npm ci failed; its output is above');
  // The broker; a foreign client and the check of docker-compose.yml and wrong clocks for the specs that use them.
  installPackages('rabbitmq-server', 'python3-pika', 'docker-compose', 'faketime');
  const results = [];
  const step = (name, work) => {
    console.log(`\n── ${name} ──`);
    const start = performance.now();
    const passed = work();
    results.push({ name, passed, seconds: (performance.now() - start) / 1000 });
    return passed;
  };
  const jest = (...args) => run(process.execPath, tool('jest/bin/jest.js'), ...args);

  const built = step('build', build);
  step('check', () => run(process.execPath, 'scripts/check.mjs'));
  step('dependency audit', () => run(process.execPath, 'scripts/audit.mjs'));
  step('unit tests', () => jest('--selectProjects', 'unit', '--maxWorkers=2', '--forceExit'));
  // These start the built apps as processes: without a build they would test an older one.
  // Two at a time: mostly they wait. Whoever kills or alarms a broker has one of its own. What a failed one leaves open must
  // not keep the run from ending and saying so.
  if (built) step('broker tests', () => jest('--selectProjects', 'broker', '--maxWorkers=2', '--forceExit'));
  if (built) step('fault campaign', () => jest('--selectProjects', 'faults', '--runInBand', '--forceExit'));
  if (built) step('Nest 12', () => run(process.execPath, 'test/nest12/run.mjs'));
  if (!built)
    results.push({
      name: 'broker tests, fault campaign, Nest 12 (not run: the build failed)',
      passed: false,
      seconds: 0,
    });

  console.log('\n── summary ──');
  for (const { name, passed, seconds } of results) {
    console.log(`${passed ? 'passed' : 'FAILED'}  ${name} (${seconds.toFixed(1)} s)`);
  }
  console.log(`${((performance.now() - began) / 1000).toFixed(1)} s in all`);
  process.exit(results.every(({ passed }) => passed) ? 0 : 1);
}

if (isNodeNewEnough()) {
  main().catch((error) => {
    console.error(error);
    process.exit(1);
  });
} else {
  process.exit(1);
}
