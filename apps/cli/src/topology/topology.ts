import { describePlan, namesFor, planAsMarkdown } from '@scutwork/jobs';
import { type Command, Option } from 'commander';
import { findBroker } from '../find-broker';
import type { Surroundings } from '../surroundings';
import { migrate } from './migrate';
import { permissions } from './permissions';
import { ownQueues, planOf } from './plan-of';

const INTRODUCTION = `# Topology

What exists on the broker, with the default prefix \`jobs\` and the queues of the job types that come with Scutwork.
Every queue and exchange is durable. Each further job queue adds the six queues and eighteen bindings that \`email\` has here.

The queues and exchanges carry these names in RabbitMQ's management pages too. Where a binding says
\`job-wait-01=true\`, it is that header which a message must have. \`jobs.ledger\`, \`jobs.later\`, \`jobs.submit\` and
\`jobs.control\` exist where a ledger has run. Why it is so: [the delay ladder](../explanation/delay-ladder.md),
[priorities](../explanation/priorities.md), [guarantees](../explanation/guarantees.md).

This page is made by \`npm run -s topology -- --markdown > docs/reference/topology.md\`.`;

/** `scutwork topology`: what there is on the broker, who may do what there, and how queues of older releases become it. */
export function addTopology(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('topology')
    .description('The exchanges, queues and bindings of the job types that come with Scutwork')
    .option('--permissions', 'print what each app must be allowed on the broker instead')
    .option('--markdown', 'print it as its reference page')
    .addOption(new Option('--json', 'print the plan as JSON').conflicts(['permissions', 'markdown']))
    .action((what: Shape) => surroundings.print(topology(what, findBroker(surroundings.env).prefix)));
  command
    .command('migrate')
    .description('Make queues of an older release what this one plans; what is in them is kept')
    .action(() => migrate(surroundings));
}

export interface Shape {
  permissions?: boolean;
  markdown?: boolean;
  json?: boolean;
}

export function topology(what: Shape, prefix?: string): string {
  const names = namesFor(prefix);
  if (what.permissions) return permissions({ names, queues: ownQueues() }, what.markdown === true);
  const plan = planOf(names);
  if (what.json) return JSON.stringify(plan, null, 2);
  return what.markdown ? `${INTRODUCTION}\n\n${planAsMarkdown(plan)}` : describePlan(plan);
}
