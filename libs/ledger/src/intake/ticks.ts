import type { Delivery } from '@scutwork/jobs';
import { SCHEDULES_MESSAGE_TYPE, TICK_MESSAGE_TYPE } from '@scutwork/jobs/wire';
import type { ScheduleRequest } from '../schedules/scheduling-api';
import type { TickHint, Ticks } from '../schedules/ticks';
import { LedgerError } from '../store/ledger-error';
import type { Schedules } from '../schedules/scheduling';

export interface TicksIntakeOptions {
  ticks: Pick<Ticks, 'take'>;
  schedules: Pick<Schedules, 'registerSchedules'>;
}

/**
 * Takes what schedulers send to `jobs.submit`: ticks, those of a batch in one transaction, and declarations from code. The
 * rest is left to others.
 */
export async function takeTicks(deliveries: readonly Delivery[], options: TicksIntakeOptions): Promise<Delivery[]> {
  const ofType = (type: string): Delivery[] => deliveries.filter(({ message }) => message.type === type);
  for (const { message } of ofType(SCHEDULES_MESSAGE_TYPE)) {
    const { by, schedules } = declarationsIn(message.body);
    await options.schedules.registerSchedules(schedules, by);
  }
  await options.ticks.take(ofType(TICK_MESSAGE_TYPE).map(({ message }) => tickIn(message.body)));
  return deliveries.filter(
    ({ message }) => message.type !== TICK_MESSAGE_TYPE && message.type !== SCHEDULES_MESSAGE_TYPE,
  );
}

/** @throws LedgerError for a body that is none: the message is set aside */
function tickIn(body: Buffer): TickHint {
  const { schedule, instant, by } = members(body);
  if (typeof schedule === 'string' && Number.isFinite(instant) && typeof by === 'string') {
    return { schedule, instant: instant as number, by: by.slice(0, 200) };
  }
  throw malformed('{"schedule", "instant", "by"}');
}

function declarationsIn(body: Buffer): { by: string; schedules: ScheduleRequest[] } {
  const { by, schedules } = members(body);
  if (typeof by === 'string' && Array.isArray(schedules)) return { by, schedules: schedules as ScheduleRequest[] };
  throw malformed('{"by", "schedules"}');
}

function members(body: Buffer): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(body.toString());
    if (typeof read === 'object' && read !== null) return read as Record<string, unknown>;
  } catch (cause) {
    throw malformed('JSON', cause);
  }
  throw malformed('an object');
}

function malformed(wanted: string, cause?: unknown): LedgerError {
  return new LedgerError('schedule_invalid', `The body must be ${wanted}`, { hint: 'See the wire contract.', cause });
}
