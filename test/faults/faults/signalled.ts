import type { Role, Slot } from '../stage/slot';
import type { Fault, Scene } from './fault';

/** Ends one of them at once. */
export const killed = (role: Role): Fault => ended(role, 'SIGKILL');

/** Asks one of them to end, as a deploy does. */
export const terminated = (role: Role): Fault => ended(role, 'SIGTERM');

/** Lets one of them stand still, as a machine that sleeps: it notices nothing. */
export function stopped(role: Role): Fault {
  return {
    strike(scene) {
      const slot = victim(scene, role);
      slot.signal('SIGSTOP');
      return { whom: slot.name, heal: () => slot.signal('SIGCONT') };
    },
  };
}

function ended(role: Role, signal: 'SIGKILL' | 'SIGTERM'): Fault {
  return {
    strike(scene) {
      const slot = victim(scene, role);
      slot.signal(signal);
      return { whom: slot.name, heal: () => again(slot) };
    },
  };
}

const victim = ({ stage, random }: Scene, role: Role): Slot => random.pick(stage.of(role));

async function again(slot: Slot): Promise<void> {
  await slot.ended();
  await slot.start();
}
