import { type TcpGate, startTcpGate } from '../../support/tcp-gate';

/** The way of one process to the broker: a gate, or one to each node of a cluster, all of them cut or held up together. */
export interface Way extends Omit<TcpGate, 'port'> {
  /** As `AMQP_URL` takes them, joined by commas. */
  readonly url: string;
}

export async function layWay(urls: readonly string[]): Promise<Way> {
  const gates = await Promise.all(urls.map((url) => startTcpGate('127.0.0.1', Number(new URL(url).port))));
  const all = (work: (gate: TcpGate) => void): void => gates.forEach(work);
  return {
    url: gates.map((gate, index) => through(urls[index] ?? '', gate)).join(','),
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

/** The same address, by the gate. */
export function through(url: string, gate: TcpGate): string {
  const gated = new URL(url);
  gated.host = `127.0.0.1:${gate.port}`;
  return gated.href;
}
