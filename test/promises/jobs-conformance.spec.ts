import { namesFor } from '../../libs/jobs/src';
import { jobsConformance } from '../../libs/jobs/src/testing/conformance/jobs-conformance';
import { TASKS } from '../../libs/jobs/src/testing/conformance/jobs-stage';
import { leastUser } from '../support/least-users';
import { TEST_PREFIXES, rabbitMqTestWorld } from '../support/rabbitmq-test-world';

const options = { names: namesFor('prefix'), prefixes: TEST_PREFIXES, queues: [TASKS] };
let users: Promise<{ worker: string; service: string }> | undefined;

/** Everything that becomes of jobs is proved with users that may do what permissions.md says, and nothing more. */
async function leastUsers() {
  const [worker, service] = await Promise.all([leastUser('worker', options), leastUser('service', options)]);
  return { worker, service };
}

jobsConformance('jobs on RabbitMQ', async () => rabbitMqTestWorld(await (users ??= leastUsers())));
