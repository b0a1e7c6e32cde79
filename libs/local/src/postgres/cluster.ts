import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { LocalError } from '../local-error';
import { becomes, endProcess, identify, isAlive, startDetached, type ProcessId } from '../processes';
import { makeClusterDir, type DatabaseUser } from './database-user';

/** A database cluster on disk and how it is reached. */
export interface Cluster {
  clusterDir: string;
  binaries: string;
  runAs: DatabaseUser;
  logFile: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/** Nothing of our own environment: a `PG*` variable would bend the database, and it has no business with our secrets. */
const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Makes the cluster unless it is there. The same order of texts on every machine: the locale is PostgreSQL's own. */
export async function makeCluster(cluster: Cluster): Promise<void> {
  const { clusterDir, runAs } = cluster;
  if (existsSync(join(clusterDir, 'PG_VERSION'))) return;
  // Under another name until it is whole: a start that is cut off must not leave half a cluster.
  const draft = `${clusterDir}.draft`;
  rmSync(draft, { recursive: true, force: true });
  makeClusterDir(draft, runAs);
  const secretDir = mkdtempSync(join(tmpdir(), 'scutwork-initdb-'));
  const passwordFile = join(secretDir, 'password');
  writeFileSync(passwordFile, cluster.password, { mode: 0o600 });
  for (const path of runAs ? [secretDir, passwordFile] : []) chownSync(path, runAs?.uid ?? 0, runAs?.gid ?? 0);
  const args = [
    `--pgdata=${draft}`,
    `--username=${cluster.user}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  try {
    await promisify(execFile)(join(cluster.binaries, 'bin', 'initdb'), args, { ...runAs, env, cwd: '/' });
    renameSync(draft, clusterDir);
  } catch (error) {
    throw startFailed(cluster, (error as { stderr?: string }).stderr ?? String(error), error);
  } finally {
    rmSync(secretDir, { recursive: true, force: true });
  }
}

/** Starts the server and waits until it lets us in; after a crash that includes its own recovery. */
export async function startServer(
  cluster: Cluster,
  deadlineMs: number,
  onSpawn: (server: ProcessId) => void,
): Promise<ProcessId> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    removeStalePidFile(cluster.clusterDir);
    rmSync(cluster.logFile, { force: true });
    const server = spawnServer(cluster);
    onSpawn(server);
    await becomes(async () => !isAlive(server) || (await letsUsIn(cluster)), end - performance.now(), 50);
    if (isAlive(server) && (await letsUsIn(cluster))) return server;
    await endProcess(server, { deadlineMs: 0, signal: 'SIGKILL' });
    const said = lastLines(cluster.logFile);
    // Children of a killed server notice within moments, and hold its memory until then.
    const childrenLinger = said.includes('is still in use');
    if (!childrenLinger || performance.now() > end) throw startFailed(cluster, said);
  }
}

/** Whether the server of this cluster answers with our password. Makes our database when it is missing. */
export async function letsUsIn(cluster: Cluster): Promise<boolean> {
  const { user, password, port, database } = cluster;
  const client = new Client({ host: '127.0.0.1', port, user, password, database: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function spawnServer({ binaries, clusterDir, port, runAs, logFile }: Cluster): ProcessId {
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`, 'logging_collector=off'];
  const args = ['-D', clusterDir, ...settings.flatMap((setting) => ['-c', setting])];
  return startDetached(join(binaries, 'bin', 'postgres'), args, { ...runAs, env, cwd: '/', logFile });
}

/** A pid file whose process is gone, or is another program by now, would keep the server from starting. */
function removeStalePidFile(clusterDir: string): void {
  const file = join(clusterDir, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (!isServerOf(clusterDir, pid)) rmSync(file);
}

function isServerOf(clusterDir: string, pid: number): boolean {
  if (!Number.isInteger(pid) || !identify(pid)) return false;
  // Without /proc the judgement is left to PostgreSQL.
  return process.platform !== 'linux' || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(clusterDir);
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
  } catch {
    return '';
  }
}

function startFailed({ clusterDir, logFile }: Cluster, said: string, cause?: unknown): LocalError {
  return new LocalError(
    'POSTGRES_START_FAILED',
    `PostgreSQL did not start in ${clusterDir}.\n${said}`,
    `read ${logFile}; or set DATABASE_URL to a PostgreSQL of yours`,
    { cause },
  );
}
