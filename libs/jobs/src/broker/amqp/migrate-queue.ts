import type { ChannelModel } from 'amqplib';
import type { Clock } from '../../lifecycle/clock';
import type { Names } from '../../topology/names';
import { type BindingPlan, type QueuePlan, type TopologyPlan, keptArguments } from '../../topology/plan';
import { type Throwaway, bind, bindingArguments, refusal } from './apply-plan';
import { type Mismatch, mismatchOf, mismatchText } from './broker-error';
import { queueDepth } from './depth';
import { moveMessages } from './move-messages';

/** What has just been done to a queue. */
export type MigrationStep =
  'held' | 'unbound' | 'moved-out' | 'drained' | 'deleted' | 'made-anew' | 'let-go' | 'moved-back' | 'done';

/** What a migration came to, for one queue. `moved` counts messages, on their way out and back. */
export type QueueMigration =
  | { kind: 'as-planned'; queue: string }
  | { kind: 'migrated'; queue: string; was: string | undefined; moved: number }
  /** Whoever consumes it holds messages that would be gone with it. */
  | { kind: 'in-use'; queue: string; was: string; consumers: number }
  /** It cannot be moved; `why` says what can be done. */
  | { kind: 'left'; queue: string; was: string; why: string };

export interface QueueMoving {
  model: ChannelModel;
  throwaway: Throwaway;
  names: Names;
  plan: TopologyPlan;
  clock: Clock;
  /** Aborted when the connection is lost. */
  signal: AbortSignal;
  onStep: (queue: string, step: MigrationStep) => void;
}

/**
 * Makes a queue what the plan says. One that is otherwise is emptied into another, which takes its place meanwhile, is
 * deleted, made anew, and filled again. Interrupted anywhere it goes on from where it was: what exists says how far it came.
 */
export async function migrateQueue(queue: QueuePlan, moving: QueueMoving): Promise<QueueMigration> {
  const holding = moving.names.holding(queue.name);
  const mismatch = await declare(queue, moving);
  let moved = 0;
  if (mismatch) {
    const hindrance = await hindranceOf(queue, mismatch, moving);
    if (hindrance) return hindrance;
    moved += await empty(queue, holding, moving);
    await declareOrThrow(queue, moving);
  } else if (!(await queueDepth(moving.model, holding))) return { kind: 'as-planned', queue: queue.name };
  moved += await fill(queue, holding, moving);
  return { kind: 'migrated', queue: queue.name, was: mismatch && mismatchText(mismatch), moved };
}

/** Everything that comes from here on goes to the holding queue, and what is there too. */
async function empty(queue: QueuePlan, holding: string, moving: QueueMoving): Promise<number> {
  const { name } = queue;
  const { model, onStep } = moving;
  const bindings = bindingsOf(name, moving.plan);
  await makeHolding(holding, moving);
  // First bound, then unbound: a message in between comes twice, and none falls between them.
  for (const binding of bindings) await bind(moving.throwaway, { ...binding, to: holding });
  onStep(name, 'held');
  for (const binding of bindings) await unbind(binding, moving);
  onStep(name, 'unbound');
  const onMoved = (): void => onStep(name, 'moved-out');
  const moved = await moveMessages(model, { ...moving, from: name, exchange: holding, onMoved });
  onStep(name, 'drained');
  await (await moving.throwaway.get()).deleteQueue(name);
  onStep(name, 'deleted');
  return moved;
}

/** The queue takes its place again, and gets what was held for it. */
async function fill({ name }: QueuePlan, holding: string, moving: QueueMoving): Promise<number> {
  const { model, throwaway, plan, onStep } = moving;
  onStep(name, 'made-anew');
  const bindings = bindingsOf(name, plan);
  for (const binding of bindings) await bind(throwaway, binding);
  for (const binding of bindings) await unbind({ ...binding, to: holding }, moving);
  onStep(name, 'let-go');
  const back = `${holding}.back`;
  const channel = await throwaway.get();
  await channel.assertExchange(back, 'fanout', { durable: true });
  await channel.bindQueue(name, back, '');
  const onMoved = (): void => onStep(name, 'moved-back');
  const moved = await moveMessages(model, { ...moving, from: holding, exchange: back, onMoved });
  for (const exchange of [back, holding]) await channel.deleteExchange(exchange);
  await channel.deleteQueue(holding);
  onStep(name, 'done');
  return moved;
}

/** A queue of the safest kind, and an exchange of its name for what is moved into it. */
async function makeHolding(holding: string, { throwaway }: QueueMoving): Promise<void> {
  const channel = await throwaway.get();
  await channel.assertQueue(holding, { durable: true, arguments: keptArguments('quorum') });
  await channel.assertExchange(holding, 'fanout', { durable: true });
  await channel.bindQueue(holding, holding, '');
}

async function hindranceOf(
  { name, type }: QueuePlan,
  mismatch: Mismatch,
  { model, names, plan }: QueueMoving,
): Promise<QueueMigration | undefined> {
  const left = (why: string): QueueMigration => ({ kind: 'left', queue: name, was: mismatchText(mismatch), why });
  if (type === 'stream')
    return left('a stream is read, not emptied: delete it, the ledger writes what is in force anew');
  if (names.isDelay(name))
    return left('what waits in it would wait anew: the ladder has a version in its names for that');
  if (bindingsOf(name, plan).length === 0)
    return left('messages come to it by its name alone, past any other: stop whoever publishes, empty it, delete it');
  const consumers = (await queueDepth(model, name))?.consumers ?? 0;
  return consumers > 0 ? { kind: 'in-use', queue: name, was: mismatchText(mismatch), consumers } : undefined;
}

const bindingsOf = (queue: string, { bindings }: TopologyPlan): BindingPlan[] =>
  bindings.filter(({ to, toKind }) => toKind === 'queue' && to === queue);

/** Unlike when a plan is applied, any difference counts: somebody has asked for it. */
async function declare(queue: QueuePlan, { throwaway }: QueueMoving): Promise<Mismatch | undefined> {
  const channel = await throwaway.get();
  try {
    await channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments });
    return undefined;
  } catch (error) {
    const mismatch = mismatchOf(error);
    if (mismatch) return mismatch;
    throw refusal(error, { operation: 'declare', name: queue.name });
  }
}

async function declareOrThrow(queue: QueuePlan, { throwaway }: QueueMoving): Promise<void> {
  const channel = await throwaway.get();
  try {
    await channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments });
  } catch (error) {
    throw refusal(error, { operation: 'declare', name: queue.name });
  }
}

async function unbind({ from, to, key, header }: BindingPlan, { throwaway }: QueueMoving): Promise<void> {
  const channel = await throwaway.get();
  await channel.unbindQueue(to, from, key, bindingArguments(header));
}
