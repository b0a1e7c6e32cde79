import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { claim, readJson, writeJson } from '../claim';
import { guard, notePids } from '../guardian';
import { LocalError } from '../local-error';
import { freePorts, isPortFree } from '../ports';
import { endProcess, isAlive, type ProcessId } from '../processes';
import { installedBinaries } from './binaries';
import { letsUsIn, makeCluster, startServer, type Cluster } from './cluster';
import { databaseUser, reachablePlaces } from './database-user';

export interface PrivatePostgresOptions {
  /** Folder of its data and settings; made if missing. A later start on it finds everything again. */
  dataDir: string;
  /** Port on 127.0.0.1. Default: the one used before on this folder, else a free one. */
  port?: number;
  /** `true`: the database and its folder disappear with this process, however it ends. Default `false`. */
  temporary?: boolean;
  /** How long it may take to answer, in milliseconds; after a crash it recovers first. Default 60,000. */
  startDeadlineMs?: number;
}

/** A PostgreSQL of our own on 127.0.0.1. */
export interface PrivatePostgres {
  /** `postgresql://user:password@127.0.0.1:port/scutwork`. Holds a secret: mask it before it is shown. */
  readonly url: string;
  readonly port: number;
  /** Where its data really is: another folder than asked for when the database's user could not enter that one. */
  readonly clusterDir: string;
  /** Process id of the server now. `undefined` while it does not run. */
  readonly pid: number | undefined;
  isRunning(): boolean;
  /** Ends it at once with SIGKILL, as a crash would. `restart` brings it back. */
  kill(): Promise<void>;
  /** Stops it (if it runs) and starts it again with the same port and data. */
  restart(): Promise<void>;
  /** Stops it; a second call is harmless. Default deadline 8,000 ms, then by force. */
  stop(options?: { deadlineMs?: number }): Promise<void>;
}

/** Gives up the claim, and removes what is temporary. */
type Leave = (clusterDir?: string) => void;

interface Settings {
  port: number;
  password: string;
  clusterDir: string;
  server?: ProcessId;
}

/**
 * Starts a PostgreSQL of our own from the programs that came with npm. As root it runs as the user `postgres`, and goes
 * to a folder that this user can reach if the given one is not. If a former run was killed and its server still runs, that one is
 * taken over.
 *
 * @throws LocalError `POSTGRES_MISSING`, `FOLDER_IN_USE`, `PORT_TAKEN`, `POSTGRES_START_FAILED`, `FOLDER_UNREACHABLE`
 * @example
 * const database = await startPrivatePostgres({ dataDir: '.scutwork/postgres' });
 * const client = new pg.Client(database.url);
 */
export async function startPrivatePostgres(given: PrivatePostgresOptions): Promise<PrivatePostgres> {
  const options = { ...given, dataDir: resolve(given.dataDir) };
  const { dataDir } = options;
  const binaries = installedBinaries();
  // Its user must be able to pass through; what is secret in here has modes of its own.
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const claimed = claim(join(dataDir, 'owner.json'));
  if (!claimed.held) throw inUse(dataDir, claimed.by.pid);
  const guardian = options.temporary ? guard(dataDir) : undefined;
  const leave = (clusterDir?: string) => {
    claimed.release();
    for (const folder of guardian ? [clusterDir, dataDir] : []) {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    }
    guardian?.dismiss();
  };
  try {
    return await start(options, binaries, leave);
  } catch (error) {
    leave();
    throw error;
  }
}

async function start(options: PrivatePostgresOptions, binaries: string, leave: Leave): Promise<PrivatePostgres> {
  const { dataDir } = options;
  const file = join(dataDir, 'settings.json');
  const known = readJson(file) as Settings | undefined;
  const cluster = await describe(options, binaries, known);
  const left = known?.server && isAlive(known.server) ? known.server : undefined;
  const adopted = left && known?.port === cluster.port && (await letsUsIn(cluster)) ? left : undefined;
  if (left && !adopted) await endProcess(left, { deadlineMs: 8_000, signal: 'SIGINT' });
  const { port, password, clusterDir } = cluster;
  writeJson(file, { port, password, clusterDir, server: adopted } satisfies Settings);
  await makeCluster(cluster);
  const deadlineMs = options.startDeadlineMs ?? 60_000;
  const begin = async () => {
    const server = await startServer(cluster, deadlineMs, (id) => notePids(dataDir, [id]));
    writeJson(file, { port, password, clusterDir, server } satisfies Settings);
    return server;
  };
  return handle(cluster, adopted ?? (await begin()), begin, leave);
}

async function describe(options: PrivatePostgresOptions, binaries: string, known?: Settings): Promise<Cluster> {
  const { dataDir } = options;
  const runAs = databaseUser();
  const version = `postgres-${versionOf()}`;
  const places = reachablePlaces(dataDir, binaries, version, runAs);
  const mine = known?.server !== undefined && isAlive(known.server);
  if (options.port !== undefined && !(await isPortFree(options.port)) && !(mine && known.port === options.port)) {
    throw new LocalError('PORT_TAKEN', `port ${options.port} of 127.0.0.1 is taken`, 'choose another port');
  }
  return {
    ...places,
    clusterDir: known?.clusterDir ?? places.clusterDir,
    runAs,
    logFile: join(dataDir, 'postgres.log'),
    port: options.port ?? (await portFor(known, mine)),
    user: 'scutwork',
    password: known?.password ?? randomBytes(18).toString('base64url'),
    database: 'scutwork',
  };
}

async function portFor(known: Settings | undefined, mine: boolean): Promise<number> {
  if (known && (mine || (await isPortFree(known.port)))) return known.port;
  const [port] = await freePorts(1);
  return port ?? 0;
}

function handle(cluster: Cluster, first: ProcessId, begin: () => Promise<ProcessId>, leave: Leave): PrivatePostgres {
  let server = first;
  let stopped: Promise<void> | undefined;
  // SIGINT is PostgreSQL's fast stop: it ends sessions and writes everything down.
  const end = (deadlineMs: number) => endProcess(server, { deadlineMs, signal: deadlineMs > 0 ? 'SIGINT' : 'SIGKILL' });

  const stop = async (deadlineMs: number) => {
    await end(deadlineMs);
    leave(cluster.clusterDir);
  };

  return {
    url: `postgresql://${cluster.user}:${cluster.password}@127.0.0.1:${cluster.port}/${cluster.database}`,
    port: cluster.port,
    clusterDir: cluster.clusterDir,
    get pid() {
      return isAlive(server) ? server.pid : undefined;
    },
    isRunning: () => isAlive(server),
    kill: () => endProcess(server, { deadlineMs: 0, signal: 'SIGKILL' }),
    restart: async () => {
      await end(8_000);
      server = await begin();
    },
    stop: ({ deadlineMs = 8_000 } = {}) => (stopped ??= stop(deadlineMs)),
  };
}

function versionOf(): string {
  const manifest = JSON.parse(readFileSync(join(installedBinaries(), '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

function inUse(dataDir: string, pid: number): LocalError {
  return new LocalError(
    'FOLDER_IN_USE',
    `process ${pid} runs a private PostgreSQL in ${dataDir}`,
    'stop that process, or choose another folder',
  );
}
