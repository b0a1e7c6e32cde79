import { type BrokerRole, type PermissionOptions, permissionsOf } from '@scutwork/jobs';

interface Section {
  title: string;
  role: BrokerRole;
  declare: boolean;
  /** What the user is for, and how to run it so. */
  meaning: string;
}

const SECTIONS: readonly Section[] = [
  {
    title: 'Producer',
    role: 'producer',
    declare: true,
    meaning: 'Makes every queue and exchange, keeps the ledger, publishes what was submitted over HTTP.',
  },
  {
    title: 'Worker',
    role: 'worker',
    declare: false,
    meaning:
      '`SCUTWORK_DECLARE=false`, or `declare: false` in code: the producer has made its queues before it starts.',
  },
  {
    title: 'Worker that makes its queues',
    role: 'worker',
    declare: true,
    meaning: 'The default, and what it takes where there is no producer. It may also delete what it makes.',
  },
  { title: 'Scheduler', role: 'scheduler', declare: false, meaning: 'Reads the control stream, tells the ledger.' },
  {
    title: 'Another service',
    role: 'service',
    declare: false,
    meaning: 'Adds jobs by `JobsClient` with `declare: false`.',
  },
  {
    title: 'Foreign publisher',
    role: 'publisher',
    declare: false,
    meaning: 'Any language, through the doors, and nothing else.',
  },
];

const INTRODUCTION = `# Permissions

The least that RabbitMQ must allow to each app, with the default prefix \`jobs\` and the queues of the job types that come with
Scutwork. It follows from the [topology](topology.md). The tests run with exactly these.

Make one user for each app, and put its name where the commands say \`USER\`. In another virtual host than \`/\`, say so behind \`-p\`.

This page is made by \`npm run -s topology -- --permissions --markdown > docs/reference/permissions.md\`; without \`--markdown\` it prints the
commands alone. \`SCUTWORK_PREFIX\` sets another prefix. In code: \`permissionsOf('worker', { names, queues: ['email'] })\`.`;

const TOPICS = `The doors are topic exchanges, so RabbitMQ can also hold a publisher to certain job types, here to those of the queue
\`email\`. One command for each door:

\`\`\`sh
rabbitmqctl set_topic_permissions -p / USER jobs.in.normal '^email\\..*' '^$'
\`\`\`

A door without such a command takes every routing key.

## What they do not hold

- **The default exchange.** Who may write to \`amq.default\` can put a message into any queue of the virtual host, the control
  stream among them. Producer, workers, scheduler and services need it, foreign publishers do not. Give Scutwork a virtual host of its own.
- **Queues of one virtual host share their names' fate.** A user that may \`configure\` a queue may delete it, with what lies in it.
- **Reading is taking.** A worker of \`email\` can take any job of \`email\`.

[Security](../explanation/security.md) says what they are for.`;

/** The commands, or the reference page around them. */
export function permissions(options: Pick<PermissionOptions, 'names' | 'queues'>, asPage: boolean): string {
  const command = ({ role, declare }: Section): string => {
    const { configure, write, read } = permissionsOf(role, { ...options, declare });
    return `rabbitmqctl set_permissions -p / USER \\\n  '${configure}' \\\n  '${write}' \\\n  '${read}'`;
  };
  if (!asPage) return SECTIONS.map((section) => `# ${section.title}\n${command(section)}`).join('\n\n');
  const sections = SECTIONS.map(
    (section) => `## ${section.title}\n\n${section.meaning}\n\n\`\`\`sh\n${command(section)}\n\`\`\``,
  );
  return [INTRODUCTION, ...sections, TOPICS].join('\n\n');
}
