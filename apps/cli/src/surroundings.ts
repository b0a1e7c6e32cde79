import { type Broker, BrokerError, type Names, amqpBroker, namesFor } from '@scutwork/jobs';
import { isUp } from '@scutwork/jobs/wire';
import { findBroker } from './find-broker';

/** What a command is given: nothing of the process is reached for elsewhere. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  /** Aborted when the user wants an end. */
  signal: AbortSignal;
  print: (text: string) => void;
}

const CONNECT_MS = 10_000;

/**
 * Connects to the broker that {@link findBroker} finds, for as long as the work takes.
 * @throws BrokerError `broker_unreachable` when there is no connection in 10 s; what the work throws
 */
export async function withBroker<T>(
  { env }: Surroundings,
  work: (broker: Broker, names: Names, urls: readonly string[]) => Promise<T>,
): Promise<T> {
  const { urls, prefix, hint } = findBroker(env);
  const names = namesFor(prefix);
  const broker = amqpBroker({ urls, names });
  try {
    await broker.start();
    await connected(broker, hint);
    return await work(broker, names, urls);
  } finally {
    await broker.stop({ deadlineMs: 2_000 });
  }
}

async function connected(broker: Broker, hint: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const end = (error?: BrokerError): void => {
      clearTimeout(timer);
      off();
      if (error) reject(error);
      else resolve();
    };
    const look = (): void => {
      if (isUp(broker.state)) end();
    };
    const timer = setTimeout(() => end(unreachable(broker, hint)), CONNECT_MS);
    const off = broker.onState(look);
    look();
  });
}

function unreachable({ state }: Broker, hint: string): BrokerError {
  const why = state.name === 'connecting' && state.lastError !== undefined ? `: ${state.lastError}` : '';
  return new BrokerError('broker_unreachable', `no broker answered in ${CONNECT_MS / 1_000} s${why}`, {
    field: 'AMQP_URL',
    hint,
  });
}
