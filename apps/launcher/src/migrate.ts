import { type MigrationStep, type QueueMigration, type TopologyPlan, migrateTopology, namesFor } from '@scutwork/jobs';

const DEFAULT_URL = 'amqp://127.0.0.1:5672';

/**
 * `npm run topology migrate`: makes queues that were declared by an older release what this one plans.
 * @returns the code to exit with: 1 when a queue could not be migrated
 */
export async function migrate(
  plan: TopologyPlan,
  { AMQP_URL = DEFAULT_URL, SCUTWORK_PREFIX }: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<number> {
  const urls = AMQP_URL.split(',').map((url) => url.trim());
  const onStep = (queue: string, step: MigrationStep): void => say(`  ${queue}: ${step}`);
  const migrations = await migrateTopology({ urls, names: namesFor(SCUTWORK_PREFIX), plan, onStep });
  const others = migrations.filter(({ kind }) => kind !== 'as-planned');
  for (const migration of others) say(lineOf(migration));
  say(`${migrations.length - others.length} queues are as planned`);
  return others.some(({ kind }) => kind !== 'migrated') ? 1 : 0;
}

function lineOf(migration: QueueMigration): string {
  const { kind, queue } = migration;
  switch (kind) {
    case 'as-planned':
      return `${queue}: as planned`;
    case 'migrated':
      return `${queue}: migrated, ${migration.moved} messages moved (${migration.was ?? 'goes on from where it was interrupted'})`;
    case 'in-use':
      return `${queue}: NOT migrated, ${migration.consumers} consumers hold what would be gone with it: stop them (${migration.was})`;
    case 'left':
      return `${queue}: NOT migrated, ${migration.why} (${migration.was})`;
  }
}
