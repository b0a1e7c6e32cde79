import { BrokerError, type MigrationStep, type QueueMigration, migrateTopology } from '@scutwork/jobs';
import { type Surroundings, withBroker } from '../surroundings';
import { planOf } from './plan-of';

/**
 * `scutwork topology migrate`: makes queues that were declared by an older release what this one plans.
 * @throws BrokerError `topology_mismatch` when a queue was left as it is; `broker_unreachable`
 */
export async function migrate(surroundings: Surroundings): Promise<void> {
  const { print } = surroundings;
  const onStep = (queue: string, step: MigrationStep): void => print(`  ${queue}: ${step}`);
  const migrations = await withBroker(surroundings, (_broker, names, urls) =>
    migrateTopology({ urls, names, plan: planOf(names), onStep }),
  );
  const others = migrations.filter(({ kind }) => kind !== 'as-planned');
  for (const migration of others) print(lineOf(migration));
  print(`${migrations.length - others.length} queues are as planned`);
  const left = others.filter(({ kind }) => kind !== 'migrated').length;
  if (left > 0) {
    throw new BrokerError('topology_mismatch', `${left} of the queues could not be migrated`, {
      hint: 'Do what stands behind each of them, and run it again.',
    });
  }
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
