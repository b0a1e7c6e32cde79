import { parseArgs } from 'node:util';
import { USUAL_RATE } from './load/load';
import { USUAL_GAP } from './plan/plan';
import { type FaultName, faultNames } from './plan/fault-names';

export const USAGE = `npm run test:faults -- --minutes N --seed S [--scenario FAULT[,FAULT…]] [--rabbitmq 3.10|4] [--cluster] [--rate N] [--gap S] [--append] [--plan]
  --minutes    how long faults strike. Default 3; from 10 on also those that take minutes to mend
  --seed       the same seed strikes the same way. Default 1
  --scenario   only these faults: ${faultNames().join(', ')}
  --rabbitmq   the installed one (3.10), or 4, which npm run test:rabbitmq4 prepares. Default the installed one
  --cluster    on three nodes, of which one at a time is killed, partitioned away or restarted
  --rate       jobs a second. Default ${USUAL_RATE}, which takes two cores of its own
  --gap        most seconds between two faults of a lane. Default ${USUAL_GAP}: nothing is ever well for long. With more of them
               there are more jobs to a fault
  --append     adds the report to docs/reports/faults.md
  --plan       only says what would strike when`;

export interface CommandLine {
  minutes: number;
  seed: number;
  only: FaultName[] | undefined;
  rabbitmq: '3.10' | '4' | undefined;
  rate: number;
  gap: number;
  cluster: boolean;
  append: boolean;
  planOnly: boolean;
}

/** @throws TypeError with what is wrong with the command line */
export function readCommandLine(args: string[]): CommandLine {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
      scenario: { type: 'string' },
      rabbitmq: { type: 'string' },
      rate: { type: 'string', default: String(USUAL_RATE) },
      gap: { type: 'string', default: String(USUAL_GAP) },
      cluster: { type: 'boolean', default: false },
      append: { type: 'boolean', default: false },
      plan: { type: 'boolean', default: false },
    },
  });
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  const [rate, gap] = [Number(values.rate), Number(values.gap)];
  if (!(minutes > 0)) throw new TypeError(`--minutes ${values.minutes}: a number above 0`);
  if (!(rate > 0)) throw new TypeError(`--rate ${values.rate}: a number above 0`);
  if (!(gap >= 1)) throw new TypeError(`--gap ${values.gap}: at least 1`);
  if (!Number.isInteger(seed) || seed < 0) throw new TypeError(`--seed ${values.seed}: a whole number`);
  const { rabbitmq, scenario, cluster, append, plan: planOnly } = values;
  if (rabbitmq !== undefined && rabbitmq !== '3.10' && rabbitmq !== '4')
    throw new TypeError(`--rabbitmq ${rabbitmq}: 3.10 or 4`);
  return { minutes, seed, only: scenario?.split(',').map(faultNamed), rabbitmq, cluster, rate, gap, append, planOnly };
}

function faultNamed(text: string): FaultName {
  const name = faultNames().find((known) => known === text.trim());
  if (!name) throw new TypeError(`--scenario ${text}: there is no such fault`);
  return name;
}
