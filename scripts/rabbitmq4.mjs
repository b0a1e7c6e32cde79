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
const MIRROR = process.env.DEBIAN_MIRROR ?? 'http://deb.debian.org/debian';

/** @returns why it cannot be made, or undefined when it is there */
export function prepareRabbitMq4() {
  if (process.platform !== 'linux' || process.getuid() !== 0)
    return 'it is entered by chroot, which needs root on Linux';
  if (!existsSync(system) && !debootstrap()) return 'debootstrap failed; its output is above';
  // The broker's data lies where the tests put it, and it looks at its own process.
  if (!mounted('tmp', '--bind', tmpdir()) || !mounted('proc', '-t', 'proc', 'proc'))
    return 'its folders cannot be mounted';
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
  const done = run('debootstrap', '--variant=minbase', packages, '--components=main', 'trixie', draft, MIRROR);
  if (done) renameSync(draft, system);
  return done;
}

function mounted(folder, ...how) {
  const target = join(system, folder);
  mkdirSync(target, { recursive: true });
  if (spawnSync('mountpoint', ['-q', target]).status === 0) return true;
  return run('mount', ...how, target);
}

/** A program of that system that is started like one of this: same process, same folder, same environment. */
function write(name, file) {
  const script = [
    '#!/bin/sh',
    `here=$PWD`,
    // The pattern has one match, and only inside; and so must be whatever it calls.
    `exec /usr/sbin/chroot '${system}' /bin/sh -c 'cd "$0" 2>/dev/null || cd /; program=$(echo ${file}); PATH=/usr/bin:/bin exec "$program" "$@"' "$here" "$@"`,
  ];
  writeFileSync(join(programs, name), `${script.join('\n')}\n`);
  chmodSync(join(programs, name), 0o755);
}

/** Undoes the mounts; the system stays for the next time. */
export function leaveRabbitMq4() {
  for (const folder of ['tmp', 'proc']) spawnSync('umount', ['-l', join(system, folder)]);
}
