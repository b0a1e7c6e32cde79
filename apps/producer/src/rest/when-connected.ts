import { type Broker, BrokerError } from '@scutwork/jobs';

/** Waits for the broker, but not for long. @throws BrokerError `broker_unreachable` */
export async function whenConnected(broker: Broker, deadlineMs: number): Promise<void> {
  if (broker.state.name === 'connected') return;
  await new Promise<void>((resolve, reject) => {
    const off = broker.onState(({ name }) => {
      if (name === 'connected') end(resolve);
    });
    const timer = setTimeout(() => end(() => reject(unreachable(broker, deadlineMs))), deadlineMs);
    const end = (how: () => void): void => {
      clearTimeout(timer);
      off();
      how();
    };
  });
}

function unreachable({ state }: Broker, deadlineMs: number): BrokerError {
  const why = state.name === 'blocked' ? `it takes nothing: ${state.reason}` : 'it cannot be reached';
  return new BrokerError('broker_unreachable', `The broker was not there within ${deadlineMs} ms: ${why}`, {
    hint: 'No job was added. See /health/ready, and send the request again when it says ok.',
  });
}
