import { type Command, InvalidArgumentError } from 'commander';
import { type Surroundings, withBroker } from '../surroundings';
import { ownQueues } from '../topology/plan-of';
import { listDead } from './list';
import { type RedriveRequest, redrive } from './redrive';

/** `scutwork dead`: dead letters where no ledger is. */
export function addDead(program: Command, surroundings: Surroundings): void {
  const { print } = surroundings;
  const dead = program.command('dead').description('Dead letters that lie in their queues, where no ledger takes them');
  dead
    .command('list')
    .description('How many dead letters each queue holds')
    .argument('[queue...]', 'queues to look at', ownQueues())
    .option('--json', 'print JSON')
    .action(async (queues: string[], { json }: { json?: boolean }) => {
      const rows = await withBroker(surroundings, (broker, names) => listDead(broker, names, queues));
      print(json ? JSON.stringify(rows) : rows.map(({ queue, dead: n }) => `${queue}\t${n}`).join('\n'));
    });
  dead
    .command('redrive')
    .description('Publish the dead letters of a queue again, from their first attempt')
    .argument('<queue>', 'such as email')
    .option('--type <type>', 'only jobs of this type, such as email.welcome')
    .option('--limit <number>', 'at most so many', wholeNumber)
    .option('--json', 'print JSON')
    .action(async (queue: string, { json, ...what }: { json?: boolean } & Omit<RedriveRequest, 'queue' | 'signal'>) => {
      const request = { queue, ...what, signal: surroundings.signal };
      const done = await withBroker(surroundings, (broker, names) => redrive(broker, names, request));
      print(json ? JSON.stringify(done) : sentenceOf(done));
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('Use a whole number of 1 or more.');
}

function sentenceOf({ redriven, left, passed }: Awaited<ReturnType<typeof redrive>>): string {
  const parts = [`${redriven} redriven`];
  if (left > 0) parts.push(`${left} could not be published and stay where they are`);
  if (passed > 0) parts.push(`${passed} of other types passed over`);
  return parts.join('; ');
}
