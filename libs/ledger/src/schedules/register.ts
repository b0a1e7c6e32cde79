import { ScutworkError } from '@scutwork/jobs';
import type { Actor } from '../api';
import type { CheckPayload } from '../control/check-payload';
import { databaseNow } from '../store/database-now';
import type { Transaction } from '../store/database';
import { LedgerError } from '../store/ledger-error';
import { changeSchedules, edited, fresh, lockNames, settleDue } from './change';
import { checkScheduleName, readSchedule } from './declare';
import type { ScheduleRow } from './schedule-row';
import type { ScheduleRequest } from './scheduling-api';
import { type ScheduleChange, lockSchedules, readSchedules } from './store';
import type { Ticks } from './ticks';

export interface RegisterOptions {
  ticks: Ticks;
  checkPayload: CheckPayload;
}

/** Written together: ten thousand are known within seconds, and ticks do not wait behind them. */
const MOST_TOGETHER = 500;

/** One that is checked. */
interface Declared {
  name: string;
  defined: ReturnType<typeof readSchedule> & Pick<ScheduleRow, 'payload'>;
  /** As the code says it: what people change stays as long as this does. */
  declared: string;
}

/**
 * Schedules that a program declares in its code. One that is not known is made; one that was declared otherwise before
 * is changed; what was changed by hand stays as long as the code says the same. One with a mistake holds up no other.
 */
export async function registerSchedules(
  requests: readonly ScheduleRequest[],
  by: string,
  options: RegisterOptions,
): Promise<void> {
  const checked = new Map<string, Declared>();
  for (const request of requests) {
    const declared = await check(request, by, options);
    if (declared) checked.set(declared.name, declared);
  }
  const all = [...checked.values()];
  for (let first = 0; first < all.length; first += MOST_TOGETHER) {
    const some = all.slice(first, first + MOST_TOGETHER);
    await changeSchedules(options.ticks, (tx) => decide(tx, some, { name: by, role: 'operator' }, options.ticks));
  }
}

async function check(
  request: ScheduleRequest,
  by: string,
  { checkPayload, ticks }: RegisterOptions,
): Promise<Declared | undefined> {
  try {
    checkScheduleName(request.name);
    const defined = readSchedule(request);
    const { payload } = await checkPayload(request.type, request.payload);
    return { name: request.name, defined: { ...defined, payload }, declared: JSON.stringify(request) };
  } catch (error) {
    if (!(error instanceof ScutworkError || error instanceof LedgerError)) throw error;
    ticks.options.events.failed(`schedule ${JSON.stringify(request.name)}, declared by ${by}`, error, false);
    return undefined;
  }
}

async function decide(
  tx: Transaction,
  declared: readonly Declared[],
  actor: Actor,
  ticks: Ticks,
): Promise<ScheduleChange[]> {
  const names = declared.map(({ name }) => name);
  await lockNames(tx, names);
  const known = await readSchedules(tx, names);
  const said = new Map(known.map((row) => [row.name, row.source === 'code' ? row.declared : undefined]));
  const changed = declared.filter((each) => said.get(each.name) !== each.declared);
  await settleDue(
    ticks,
    tx,
    changed.flatMap(({ name }) => (said.has(name) ? [name] : [])),
  );
  const rows = await lockSchedules(
    tx,
    changed.map(({ name }) => name),
  );
  const now = await databaseNow(tx);
  return changed.map((each) => {
    const before = rows.find(({ name }) => name === each.name);
    return { before, after: asDeclared(each, before, now, actor) };
  });
}

/** It is as enabled as people have left it. */
function asDeclared(
  { name, defined, declared }: Declared,
  before: ScheduleRow | undefined,
  now: number,
  actor: Actor,
): ScheduleRow {
  const isNew = before === undefined || before.deletedAt !== undefined;
  const after = isNew
    ? fresh({ ...defined, name, source: 'code' }, before, now, actor)
    : edited(before, { ...defined, enabled: before.enabled }, now, actor);
  return { ...after, source: 'code', declared };
}
