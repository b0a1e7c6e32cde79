import { type TcpGate, startTcpGate } from '../tcp-gate';
import type { Told, Wanted, WireEnds } from './wires';

/** The gates of the wires, in a process that does nothing else: nodes that hear late of each other take each other for lost. */
async function main(): Promise<void> {
  const ends = JSON.parse(process.argv[2] ?? '[]') as WireEnds[];
  const gates: TcpGate[] = [];
  for (const { port } of ends) gates.push(await startTcpGate('127.0.0.1', port));
  const tell = (told: Told): void => void process.send?.(told);
  process.on('message', ({ open }: Wanted) => {
    for (const [index, gate] of gates.entries()) {
      if (open[index]) gate.open();
      else gate.shut();
    }
    tell({ done: true });
  });
  tell({ ports: gates.map(({ port }) => port) });
}

process.once('disconnect', () => process.exit(0));
main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
