// `npm run topology`: the exchanges, queues and bindings of the job types that come with it; `-- --markdown` for the docs.
import { describePlan, namesFor, planAsMarkdown, planTopology, queueOf } from '@scutwork/jobs';
import { jobs } from '@scutwork/workers/jobs';

const queues = [...new Set(jobs.map(({ type }) => queueOf(type)))];
const plan = planTopology({ names: namesFor(process.env.SCUTWORK_PREFIX), queues });
process.stdout.write(`${process.argv.includes('--markdown') ? planAsMarkdown(plan) : describePlan(plan)}\n`);
