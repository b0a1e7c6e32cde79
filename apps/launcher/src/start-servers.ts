import type { Configuration } from './configuration';
import { findBroker, type FoundBroker } from './find-broker';
import { findDatabase, type FoundDatabase } from './find-database';
import { keepRunning, type RestartableServer } from './keep-running';
import type { Screen } from './screen';

const stopWithinMs = 2_500;

export interface Servers {
  broker: FoundBroker;
  database: FoundDatabase;
}

interface PrivateServer extends RestartableServer {
  stop(options: { deadlineMs: number }): Promise<void>;
}

/**
 * Finds or starts the broker and the database, side by side, and keeps those that are ours running. `stop` ends them at
 * any time; one that comes up only after `signal` was aborted is stopped as it comes.
 */
export function startServers(
  configuration: Configuration,
  screen: Screen,
  signal: AbortSignal,
): { ready: Promise<Servers>; stop: () => Promise<void> } {
  const stops: (() => Promise<void>)[] = [];

  const keep = async (name: string, server: PrivateServer) => {
    const watch = keepRunning(name, server, screen);
    const stop = async () => {
      await watch.leave();
      await server.stop({ deadlineMs: stopWithinMs });
    };
    if (signal.aborted) await stop();
    else stops.push(stop);
  };
  const startBroker = async () => {
    const broker = await findBroker(configuration, screen);
    if (broker.kind === 'private') await keep('RabbitMQ', broker.server);
    return broker;
  };
  const startDatabase = async () => {
    const database = await findDatabase(configuration);
    if (database.kind === 'private') await keep('PostgreSQL', database.server);
    if (database.kind === 'none') screen.warn(`no PostgreSQL: ${database.problem}\njobs run all the same`);
    return database;
  };

  return {
    ready: Promise.all([startBroker(), startDatabase()]).then(([broker, database]) => ({ broker, database })),
    stop: async () => {
      await Promise.all(stops.splice(0).map((stop) => stop()));
    },
  };
}
