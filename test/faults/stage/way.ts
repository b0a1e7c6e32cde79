import { type TcpGate, gateTo } from '../../support/tcp-gate';

/** The way of one process to the broker: a gate, or one to each node of a cluster, all of them cut or held up together. */
export interface Way extends Omit<TcpGate, 'port' | 'swallow'> {
  /** As `AMQP_URL` takes them, joined by commas. */
  readonly url: string;
}

export async function layWay(urls: readonly string[]): Promise<Way> {
  const ways = await Promise.all(urls.map(gateTo));
  const gates = ways.map(({ gate }) => gate);
  const all = (work: (gate: TcpGate) => void): void => gates.forEach(work);
  return {
    url: ways.map(({ url }) => url).join(','),
    cut: () => all((gate) => gate.cut()),
    shut: () => all((gate) => gate.shut()),
    open: () => all((gate) => gate.open()),
    freeze: () => all((gate) => gate.freeze()),
    thaw: () => all((gate) => gate.thaw()),
    dropFrozen: () => all((gate) => gate.dropFrozen()),
    slow: (pace) => all((gate) => gate.slow(pace)),
    async close() {
      await Promise.all(gates.map((gate) => gate.close()));
    },
  };
}
