// `npm run test:nest12`: packs the library as it is published, installs it beside Nest 12, and runs smoke.mjs there.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const library = join(here, '../../libs/jobs');
// Outside the checkout: whatever is not installed there must not be found in the checkout's own node_modules.
const folder = mkdtempSync(join(tmpdir(), 'scutwork-nest12-'));
const run = (command, ...args) => execFileSync(command, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });

try {
  cpSync(join(here, 'package.json'), join(folder, 'package.json'));
  cpSync(join(here, 'smoke.mjs'), join(folder, 'smoke.mjs'));
  run('npm', 'pack', '--silent', '--pack-destination', folder, library);
  const { version } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8'));
  run('npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', `./scutwork-jobs-${version}.tgz`);
  run('node', 'smoke.mjs');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
