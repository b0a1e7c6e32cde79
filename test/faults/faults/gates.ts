import type { Way } from '../stage/way';
import type { Scene } from './fault';

/** The way of one process to the broker, or those of all. */
export function someGates({ stage, random }: Scene): { whom: string; gates: Way[] } {
  const all = [...stage.slots.map(({ options }) => options.amqp), stage.clientGate];
  if (random.chance(0.3)) return { whom: 'all', gates: all };
  const slot = random.pick(stage.slots);
  return random.chance(0.15)
    ? { whom: 'the submitter', gates: [stage.clientGate] }
    : { whom: slot.name, gates: [slot.options.amqp] };
}
