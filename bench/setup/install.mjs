import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BENCH = fileURLToPath(new URL('..', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Brings what a run needs and is missing: the product's packages and build, the peers, Redis. */
export function install() {
  if (!existsSync(`${ROOT}/node_modules`)) say('installing the product', 'npm', ['ci'], ROOT);
  if (!existsSync(`${BENCH}/node_modules`)) say('installing the peers', 'npm', ['ci'], BENCH);
  say('building the product', 'npx', ['tsc', '-b', 'libs/ledger', 'libs/local', 'apps/scheduler'], ROOT);
  if (!isInstalled('redis-server')) installRedis();
}

function installRedis() {
  if (!isInstalled('apt-get')) {
    throw new Error(
      'the bench needs redis-server (for BullMQ) and there is no apt-get: install Redis, then run it again',
    );
  }
  const sudo = process.getuid() === 0 ? [] : ['sudo', '-n'];
  // The package would start a system Redis; the bench starts its own, privately.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  say('updating the package list', ...split([...sudo, 'apt-get', 'update', '-q']), ROOT, env);
  const packages = ['apt-get', 'install', '-y', '-q', '--no-install-recommends', 'redis-server'];
  say('installing Redis', ...split([...sudo, ...packages]), ROOT, env);
}

function say(what, command, args, cwd, env = process.env) {
  console.log(`bench: ${what}`);
  execFileSync(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
}

function split([command, ...args]) {
  return [command, args];
}

function isInstalled(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}
