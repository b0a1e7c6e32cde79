import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Settings } from '../../../libs/local/src/rabbitmq/settings';
import { announce } from './announce';
import { NODES, type NodeName } from './nodes';

/** The ways from each node to each other one. */
export interface Wires {
  /** The name server of this node tells it that the others are behind the wires; from when it runs. */
  announceAt(name: NodeName): Promise<void>;
  /** What goes over a wire of this node ends, and nothing new gets through. */
  cut(name: NodeName): Promise<void>;
  mend(): Promise<void>;
  isCut(name: NodeName): boolean;
  close(): void;
}

export interface WireEnds {
  from: NodeName;
  to: NodeName;
  /** Where `to` listens. */
  port: number;
}

/** To the process of the wires: which of them let things through. */
export interface Wanted {
  open: boolean[];
}

/** What it answers: where the wires begin, and then that it has done what was wanted. */
export type Told = { ports: number[] } | { done: true };

/**
 * Erlang nodes ask a name server where the others are. Each of ours has its own, in which we have told where: a gate for
 * each pair. So a node can be cut off without being root, and on any system.
 */
export async function layWires(settings: Readonly<Record<NodeName, Settings>>): Promise<Wires> {
  const ends = NODES.flatMap((from) =>
    NODES.filter((to) => to !== from).map((to): WireEnds => ({ from, to, port: settings[to].distributionPort })),
  );
  const child = startProcess(ends);
  const ports = await begins(child);
  const told: { end(): void }[] = [];
  const cutOff = new Set<NodeName>();
  const apply = async (): Promise<void> => {
    const done = once(child, 'message');
    child.send({ open: ends.map(({ from, to }) => !cutOff.has(from) && !cutOff.has(to)) } satisfies Wanted);
    await done;
  };
  return {
    async announceAt(name) {
      for (const [index, { from, to }] of ends.entries())
        if (from === name) told.push(await announce(to, ports[index] ?? 0, settings[name].epmdPort));
    },
    async cut(name) {
      cutOff.add(name);
      await apply();
    },
    async mend() {
      cutOff.clear();
      await apply();
    },
    isCut: (name) => cutOff.has(name),
    close() {
      for (const one of told) one.end();
      child.kill('SIGKILL');
    },
  };
}

/** It ends with this process: its channel to us is closed then. */
function startProcess(ends: readonly WireEnds[]): ChildProcess {
  const loader = join(__dirname, '..', 'load-typescript.cjs');
  const args = ['-r', loader, join(__dirname, 'wire-process.ts'), JSON.stringify(ends)];
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

async function begins(child: ChildProcess): Promise<number[]> {
  const [told] = (await once(child, 'message')) as [Told];
  if (!('ports' in told)) throw new Error('the wires did not tell where they begin');
  return told.ports;
}
