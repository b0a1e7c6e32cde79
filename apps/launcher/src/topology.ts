// `npm run topology`: the exchanges, queues and bindings of the job types that come with it.
// `-- --markdown` prints the reference page, `-- --json` the plan as a value; `-- --permissions` what each app must be
// allowed on the broker, with `--markdown` as its reference page. `npm run topology migrate` makes queues of an older
// release what they are to be.
import {
  describePlan,
  mergePlans,
  namesFor,
  planAsMarkdown,
  planLedger,
  planTopology,
  queueOf,
  type Names,
  type TopologyPlan,
} from '@scutwork/jobs';
import { jobs } from '@scutwork/workers/jobs';
import { migrate } from './migrate';
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
  if (flags.includes('--permissions')) return permissions(usedNames(prefix), flags.includes('--markdown'));
  const plan = planOf(prefix);
  if (flags.includes('--json')) return JSON.stringify(plan, null, 2);
  return flags.includes('--markdown') ? `${INTRODUCTION}\n\n${planAsMarkdown(plan)}` : describePlan(plan);
}

function usedNames(prefix?: string): { names: Names; queues: string[] } {
  return { names: namesFor(prefix), queues: jobs.map(({ type }) => queueOf(type)) };
}

function planOf(prefix?: string): TopologyPlan {
  const used = usedNames(prefix);
  return mergePlans([planTopology(used), planLedger(used)]);
}

async function main([command, ...flags]: string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (command === 'migrate') return migrate(planOf(env.SCUTWORK_PREFIX), env, console.log);
  console.log(topology([command ?? '', ...flags], env.SCUTWORK_PREFIX));
  return 0;
}

if (require.main === module) {
  main(process.argv.slice(2), process.env).then(
    (code) => (process.exitCode = code),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    },
  );
}
