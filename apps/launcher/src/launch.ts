import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { claim } from '@scutwork/local';
import { ensureAdminToken } from './admin-token';
import { openAppLog } from './app-log';
import { askForQueues, banner } from './banner';
import type { AppName, Configuration } from './configuration';
import { problemWith, type FoundBroker } from './find-broker';
import { endOrphans, refuseForeignFolder, takenPorts } from './obstacles';
import { StartRefused } from './refusal';
import type { Screen } from './screen';
import { startServers, type Servers } from './start-servers';
import { superviseApp, type SupervisedApp } from './supervise-app';

/** The apps take their time within this; then they are ended by force, and the broker gives their jobs to the next start. */
const appsStopWithinMs = 6_500;
const lookForBrokerEveryMs = 2_000;

const appNames: AppName[] = ['producer', 'workers', 'scheduler'];

export interface Launched {
  /** Settles when everything runs; rejects when it cannot. */
  readonly running: Promise<void>;
  /** Ends everything: the apps first, then the servers they work with. A second call is harmless. */
  stop(): Promise<void>;
}

type Step = () => Promise<void>;

/** Starts everything `npm start` promises. Throws `StartRefused` before anything is started. */
export async function launch(configuration: Configuration, screen: Screen, cwd: string): Promise<Launched> {
  const { dataDir } = configuration;
  refuseForeignFolder(dataDir);
  // As root the database's own user must be able to pass through; what is secret in there has modes of its own.
  mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  const lock = claim(join(dataDir, 'launcher.json'));
  if (!lock.held) throw alreadyRunning(lock.by.pid, dataDir);
  try {
    await clearTheWay(configuration, screen);
  } catch (error) {
    lock.release();
    throw error;
  }
  const stopping = new AbortController();
  const undoing: Step[] = [];
  const running = bringUp(configuration, screen, cwd, undoing, stopping.signal);
  running.catch(() => undefined);
  const stop = async () => {
    stopping.abort();
    await undo(undoing);
    // A start that is still under way may have brought up more meanwhile.
    await running.catch(() => undefined);
    await undo(undoing);
    lock.release();
  };
  let stopped: Promise<void> | undefined;
  return { running, stop: () => (stopped ??= stop()) };
}

/** Undoes the steps of the start, the last one first. */
async function undo(steps: Step[]): Promise<void> {
  for (let step = steps.pop(); step; step = steps.pop()) await step();
}

async function bringUp(
  configuration: Configuration,
  screen: Screen,
  cwd: string,
  undoing: Step[],
  signal: AbortSignal,
): Promise<void> {
  const tokenFile = ensureAdminToken(configuration.dataDir);
  const starting = startServers(configuration, screen, signal);
  undoing.push(starting.stop);
  const servers = await starting.ready;
  signal.throwIfAborted();
  const apps: SupervisedApp[] = [];
  undoing.push(() => stopApps(apps));
  const start = (name: AppName) => apps.push(startApp(name, configuration, servers, screen));

  start('producer');
  if (servers.broker.kind === 'none') {
    await Promise.all(apps.map((app) => app.live));
    screen.warn(noBroker(servers.broker.problem, configuration));
    servers.broker = await brokerAppears(servers.broker.url, configuration, signal);
    signal.throwIfAborted();
  }
  start('workers');
  start('scheduler');
  await Promise.all(apps.map((app) => app.live));
  signal.throwIfAborted();
  const queues = await askForQueues(configuration.ports.workers);
  screen.say(banner({ configuration, ...servers, queues, tokenFile, cwd }));
}

async function clearTheWay({ dataDir, ports, rootDir }: Configuration, screen: Screen): Promise<void> {
  const missing = appNames.map((name) => entryOf(rootDir, name)).filter((file) => !existsSync(file));
  const notBuilt = (file: string) =>
    ({ code: 'NOT_BUILT', problem: `${file} is missing`, hint: 'type: npm run build' }) as const;
  if (missing.length > 0) throw new StartRefused(missing.map(notBuilt));
  const orphans = await endOrphans(dataDir, appNames);
  if (orphans.length > 0) screen.say(`ended what an earlier start had left running: ${orphans.join(', ')}`);
  const taken = await takenPorts(ports);
  if (taken.length > 0) throw new StartRefused(taken);
}

function startApp(name: AppName, configuration: Configuration, servers: Servers, screen: Screen): SupervisedApp {
  const { rootDir, dataDir, ports } = configuration;
  const { broker, database } = servers;
  const env = {
    ...process.env,
    AMQP_URL: broker.url,
    // Nobody else speaks to the database.
    ...(database.kind === 'none' || name !== 'producer' ? {} : { DATABASE_URL: database.url }),
    PORT: String(ports[name]),
    SCUTWORK_DATA_DIR: dataDir,
    // Within the time that we give them.
    SHUTDOWN_DEADLINE: String(appsStopWithinMs - 500),
    // Our own broker never takes a job back because it runs long.
    ...(broker.kind === 'private' && !process.env.CONSUMER_TIMEOUT ? { CONSUMER_TIMEOUT: 'off' } : {}),
  };
  const preload = join(__dirname, 'leave-with-launcher.js');
  const spec = { name, entry: entryOf(rootDir, name), port: ports[name], env };
  return superviseApp(spec, { rootDir, dataDir, screen, log: openAppLog(dataDir, name, screen), preload });
}

async function stopApps(apps: SupervisedApp[]): Promise<void> {
  await Promise.all(apps.map((app) => app.stop({ deadlineMs: appsStopWithinMs })));
}

/** Looks until a broker lets us in. */
async function brokerAppears(url: string, { amqpUrl }: Configuration, signal: AbortSignal): Promise<FoundBroker> {
  while (!signal.aborted && (await problemWith(url)) !== undefined) {
    await sleep(lookForBrokerEveryMs, undefined, { signal }).catch(() => undefined);
  }
  return { kind: amqpUrl === undefined ? 'found' : 'given', url };
}

function entryOf(rootDir: string, name: AppName): string {
  return join(rootDir, 'apps', name, 'dist', 'main.js');
}

function noBroker(problem: string, { ports }: Configuration): string {
  return [
    '',
    `No broker: ${problem}`,
    `The producer is up (http://127.0.0.1:${ports.producer}/health/ready says 503). As soon as a broker appears everything goes on by itself.`,
    '',
  ].join('\n');
}

function alreadyRunning(pid: number, dataDir: string): StartRefused {
  const problem = `Scutwork runs already: process ${pid}, with its data in ${dataDir}`;
  return new StartRefused([{ code: 'ALREADY_RUNNING', problem, hint: `stop it with Ctrl-C there, or: kill ${pid}` }]);
}
