import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from '../local-error';
import { copyBinaries } from './binaries';

/** The user PostgreSQL runs as; `undefined`: as we do. */
export type DatabaseUser = { uid: number; gid: number } | undefined;

const userName = 'postgres';

/** Where a database goes whose folder its user cannot enter. Root's own, so only root ever comes here. */
const sharedFolder = '/var/lib/scutwork';

/** PostgreSQL refuses to run as root: then it runs as the system user `postgres`, which is made if it is missing. */
export function databaseUser(): DatabaseUser {
  if (process.getuid?.() !== 0) return undefined;
  try {
    if (idOf('-u') === undefined) {
      execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', userName]);
    }
  } catch (error) {
    throw new LocalError(
      'POSTGRES_START_FAILED',
      `PostgreSQL does not run as root, and a user "${userName}" could not be made: ${String(error)}`,
      `make it by hand (useradd --system ${userName}), start as an ordinary user, or set DATABASE_URL`,
      { cause: error },
    );
  }
  const [uid, gid] = [idOf('-u'), idOf('-g')];
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** Where the cluster and the programs are, such that the database's user can reach both. */
export function reachablePlaces(
  dataDir: string,
  binaries: string,
  version: string,
  user: DatabaseUser,
): { clusterDir: string; binaries: string } {
  const here = { clusterDir: join(dataDir, 'cluster'), binaries };
  if (!user) return here;
  const canEnter = (folder: string) => {
    const answer = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...user, cwd: '/', stdio: 'ignore' });
    return answer.status === 0;
  };
  const away = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  const programs = canEnter(binaries) ? binaries : copyBinaries(binaries, join(madeFolder(sharedFolder), version));
  if (canEnter(dataDir)) return { ...here, binaries: programs };
  return { clusterDir: join(madeFolder(sharedFolder), away), binaries: programs };
}

/** Makes the cluster's folder, for its user alone. */
export function makeClusterDir(clusterDir: string, user: DatabaseUser): void {
  mkdirSync(clusterDir, { recursive: true, mode: 0o700 });
  if (user) chownSync(clusterDir, user.uid, user.gid);
}

function madeFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (statSync(folder).uid !== 0) {
    throw new LocalError('FOLDER_UNREACHABLE', `${folder} does not belong to root`, 'remove it, or set DATABASE_URL');
  }
  return folder;
}

function idOf(flag: '-u' | '-g'): number | undefined {
  const { status, stdout } = spawnSync('id', [flag, userName], { encoding: 'utf8' });
  return status === 0 ? Number(stdout.trim()) : undefined;
}
