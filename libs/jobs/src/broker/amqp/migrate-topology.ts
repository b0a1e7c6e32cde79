import { connect } from 'amqplib';
import { type Clock, systemClock } from '../../lifecycle/clock';
import type { Names } from '../../topology/names';
import type { TopologyPlan } from '../../topology/plan';
import { Throwaway, applyPlan, bind } from './apply-plan';
import { type MigrationStep, type QueueMigration, migrateQueue } from './migrate-queue';
import { checkUrls } from './urls';

export interface MigrateOptions {
  /** Addresses of the broker, as `amqpBroker` takes them; the first is used. */
  urls: readonly string[];
  names: Names;
  /** What is to be. */
  plan: TopologyPlan;
  /** Told of each step, for whoever watches. What it throws ends the migration where it is. */
  onStep?: (queue: string, step: MigrationStep) => void;
  clock?: Clock;
}

/**
 * Makes queues that were declared otherwise what the plan says, with nothing in them lost. No worker may run that consumes,
 * or holds jobs of, a queue that is otherwise; publishers may go on. A message that is published in the very moment may
 * come twice. Run it again when it was interrupted.
 *
 * @returns what it came to, for each queue of the plan
 * @throws ConfigurationError when an address is not legal; BrokerError `permission_missing`, `topology_mismatch` for an
 *   exchange; the errors of amqplib when the connection is lost
 * @example
 * const plan = planTopology({ names: namesFor(), queues: ['email'] });
 * for (const { kind, queue } of await migrateTopology({ urls, names: namesFor(), plan })) console.log(queue, kind);
 */
export async function migrateTopology({
  urls,
  names,
  plan,
  onStep = () => undefined,
  clock = systemClock,
}: MigrateOptions): Promise<QueueMigration[]> {
  checkUrls(urls);
  const model = await connect(urls[0] ?? '');
  // It is told by what was under way.
  model.on('error', () => undefined);
  const lost = new AbortController();
  model.on('close', () => lost.abort());
  const moving = { model, throwaway: new Throwaway(model), names, plan, onStep, clock, signal: lost.signal };
  try {
    await applyPlan(model, { exchanges: plan.exchanges, queues: [], bindings: [] });
    const migrations: QueueMigration[] = [];
    for (const queue of plan.queues) migrations.push(await migrateQueue(queue, moving));
    for (const binding of plan.bindings) await bind(moving.throwaway, binding);
    return migrations;
  } finally {
    // It may have been lost: whoever waited for it was told so.
    await model.close().catch(() => undefined);
  }
}
