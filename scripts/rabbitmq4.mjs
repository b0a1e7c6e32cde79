// Makes a RabbitMQ 4 of this machine's own: that of Debian trixie (4.0.5) in a folder, entered by chroot. For machines
// without Docker; nothing outside the folder is touched. Needs root on Linux.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages, root, run } from './setup.mjs';

const home = join(root, '.cache', 'rabbitmq4');
const system = join(home, 'system');
export const programs = join(home, 'bin');

/** @returns why it cannot be made, or undefined when it is there */
export function prepareRabbitMq4() {
  if (process.platform !== 'linux' || process.getuid() !== 0)
    return 'it is entered by chroot, which needs root on Linux';
  if (!existsSync(system) && !debootstrap()) return 'debootstrap failed; its output is above';
  mkdirSync(programs, { recursive: true });
  const path = '/usr/lib/rabbitmq';
  write('rabbitmq-server', `${path}/lib/rabbitmq_server-*/sbin/rabbitmq-server`);
  write('rabbitmqctl', `${path}/lib/rabbitmq_server-*/sbin/rabbitmqctl`);
  write('erl', '/usr/bin/erl');
  write('epmd', '/usr/bin/epmd');
  return undefined;
}

/** Half a system must not be taken for one. */
function debootstrap() {
  const draft = `${system}.draft`;
  console.log('making RabbitMQ 4 from Debian trixie, about a minute …');
  installPackages('debootstrap');
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const packages = '--include=rabbitmq-server,procps';
  const done = run('debootstrap', '--variant=minbase', packages, '--components=main', 'trixie', draft, ...mirror());
  if (done) renameSync(draft, system);
  return done;
}

/** `DEBIAN_MIRROR`; else the one that this machine's own packages come from; else that of debootstrap. */
function mirror() {
  const { DEBIAN_MIRROR } = process.env;
  if (DEBIAN_MIRROR) return [DEBIAN_MIRROR];
  const { stdout = '' } = spawnSync('apt-get', ['indextargets', '--format', '$(SITE)'], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((site) => site.endsWith('/debian'))
    .slice(0, 1);
}

/**
 * A program of that system that is started like one of this: same process, same folder, same environment. It sees the
 * folder of the tests by a mount that nobody else sees, so that removing the system removes nothing of ours.
 */
function write(name, file) {
  const inside = [
    `mount --bind '${tmpdir()}' '${system}/tmp' && mount -t proc proc '${system}/proc' || exit 1`,
    // The pattern has one match, and only inside; and so must be whatever it calls.
    `exec chroot '${system}' /bin/sh -c 'cd "$0" 2>/dev/null || cd /; program=$(echo ${file}); PATH=/usr/bin:/bin exec "$program" "$@"' "$PWD" "$@"`,
  ];
  const script = ['#!/bin/sh', 'PATH=$PATH:/usr/sbin:/sbin', `exec unshare --mount /bin/sh -c '`];
  const quoted = inside.join('\n').replaceAll("'", `'\\''`);
  writeFileSync(join(programs, name), `${script.join('\n')}${quoted}' "$0" "$@"\n`);
  chmodSync(join(programs, name), 0o755);
}
