// What `npm start` and `npm test` need before they can begin. Nothing here may import a package: there may be none yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const lockFile = join(root, 'package-lock.json');
/** Written by npm at the very end of an installation. */
const npmsRecord = join(root, 'node_modules', '.package-lock.json');
const ourRecord = join(root, 'node_modules', '.scutwork-installed');

/** Runs `npm ci` if the packages are missing or not those of the lockfile. */
export function installDependencies() {
  const wanted = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  if (isInstalled(wanted)) return true;
  console.log('installing packages (npm ci) …');
  // Development tools too, whatever NODE_ENV says: the build is made of them.
  const done = run(
    ...npm(),
    'ci',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  );
  if (done) writeFileSync(ourRecord, wanted);
  return done;
}

function isInstalled(wanted) {
  if (!existsSync(npmsRecord)) return false;
  if (existsSync(ourRecord) && readFileSync(ourRecord, 'utf8') === wanted) return true;
  // Installed by hand, after the lockfile was last written.
  return !existsSync(ourRecord) && statSync(npmsRecord).mtimeMs >= statSync(lockFile).mtimeMs;
}

/** Builds all packages and apps; what is built already costs a second. */
export function build() {
  if (!existsSync(join(root, 'apps', 'launcher', 'dist', 'main.js'))) console.log('building …');
  return run(process.execPath, tool('typescript/bin/tsc'), '-b');
}

/**
 * Installs Debian packages as root or by `sudo -n`, without starting their services. Returns whether they are there now;
 * where there is no apt-get, or it may not be used, says so and goes on.
 */
export function installPackages(...packages) {
  console.log(`looking for ${packages.join(', ')} …`);
  const script = join(root, 'libs', 'local', 'install-packages.sh');
  const { status, stdout, stderr } = spawnSync('/bin/sh', [script, ...packages], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status === 3) console.log(`no apt-get here; if they are missing, install: ${packages.join(', ')}`);
  if (status === 4)
    console.log(`not root and no sudo without a password; install by hand: sudo apt-get install ${packages.join(' ')}`);
  if (![0, 3, 4].includes(status)) console.error(`apt-get failed:\n${stdout}${stderr}`);
  return status === 0;
}

/** Runs a command in the checkout, its output on the screen. Returns whether it succeeded. */
export function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) console.error(error.message);
  return status === 0;
}

/** The file of an installed tool, to be run by this Node. */
export function tool(path) {
  return join(root, 'node_modules', path);
}

export function fail(message) {
  console.error(`\n${message}`);
  process.exit(1);
}

/** The npm that started us, else the one on the PATH. */
export function npm() {
  const path = process.env.npm_execpath;
  return path && /npm-cli\.c?js$/.test(path) ? [process.execPath, path] : ['npm'];
}
