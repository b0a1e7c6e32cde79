import { explain, type Screen } from './screen';

/** A private broker or database, as far as it matters here. */
export interface RestartableServer {
  isRunning(): boolean;
  restart(): Promise<void>;
}

/** Restarts a private server that ended by itself, until told to leave it alone. */
export function keepRunning(name: string, server: RestartableServer, screen: Screen): { leave(): Promise<void> } {
  let wanted = true;
  let restarting: Promise<void> = Promise.resolve();
  let busy = false;

  const look = () => {
    if (!wanted || busy || server.isRunning()) return;
    busy = true;
    screen.warn(`${name} ended; starting it again`);
    restarting = server
      .restart()
      .then(() => screen.say(`${name} runs again`))
      .catch((error: unknown) => screen.warn(`${name} does not start: ${explain(error)}`))
      .finally(() => (busy = false));
  };
  const timer = setInterval(look, 1_000);

  return {
    leave: async () => {
      wanted = false;
      clearInterval(timer);
      await restarting;
    },
  };
}
