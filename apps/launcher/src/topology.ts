// `npm run topology`: the exchanges, queues and bindings of the job types that come with it.
// `-- --markdown` prints the reference page, `-- --json` the plan as a value; `-- --permissions` what each app must be
// allowed on the broker, with `--markdown` as its reference page.
import {
  describePlan,
  mergePlans,
  namesFor,
  planAsMarkdown,
  planLedger,
  planTopology,
  queueOf,
  type TopologyPlan,
} from '@scutwork/jobs';
import { jobs } from '@scutwork/workers/jobs';
import { permissions } from './permissions';

const INTRODUCTION = `# Topology

What exists on the broker, with the default prefix \`jobs\` and the queues of the job types that come with Scutwork.
Every queue and exchange is durable. Each further job queue adds the six queues and eighteen bindings that \`email\` has here.

The queues and exchanges carry these names in RabbitMQ's management pages too. Where a binding says
\`job-wait-01=true\`, it is that header which a message must have. \`jobs.ledger\`, \`jobs.later\`, \`jobs.submit\` and
\`jobs.control\` exist where a ledger has run. Why it is so: [the delay ladder](../explanation/delay-ladder.md),
[priorities](../explanation/priorities.md), [guarantees](../explanation/guarantees.md).

This page is made by \`npm run -s topology -- --markdown > docs/reference/topology.md\`.`;

/** What `npm run topology` prints for these flags. */
export function topology(flags: readonly string[], prefix?: string): string {
  const queues = jobs.map(({ type }) => queueOf(type));
  const names = namesFor(prefix);
  if (flags.includes('--permissions')) return permissions({ names, queues }, flags.includes('--markdown'));
  const plan: TopologyPlan = mergePlans([planTopology({ names, queues }), planLedger({ names })]);
  if (flags.includes('--json')) return JSON.stringify(plan, null, 2);
  return flags.includes('--markdown') ? `${INTRODUCTION}\n\n${planAsMarkdown(plan)}` : describePlan(plan);
}

if (require.main === module) console.log(topology(process.argv.slice(2), process.env.SCUTWORK_PREFIX));
