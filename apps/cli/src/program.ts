import { Command } from 'commander';
import { addDead } from './dead/dead';
import type { Surroundings } from './surroundings';
import { addTopology } from './topology/topology';

/** The `scutwork` command and all that it can do. It throws where commander would end the process. */
export function makeProgram(surroundings: Surroundings): Command {
  const program = new Command('scutwork')
    .description(
      'Steer Scutwork from a shell. AMQP_URL and SCUTWORK_PREFIX say where it is; else it is where npm start runs it.',
    )
    .exitOverride();
  addDead(program, surroundings);
  addTopology(program, surroundings);
  return program;
}
