import { newJobId } from '@scutwork/jobs';
import type { JobEvent, JsonText, RecordedEvent } from '@scutwork/jobs/wire';

/** Facts as workers and clients tell them, for one job. */
export function jobTold(type = 'email.welcome', id = newJobId(), madeAt = Date.now()) {
  const of = (generation: number) => ({ id, type, generation });
  const run = (attempt: number, generation: number, at: number) => ({
    ...{ ...of(generation), attempt, delivery: 0, worker: 'w1', at },
  });
  return {
    id,
    submitted: (more: { delayMs?: number; at?: number; version?: number } = {}): JobEvent => ({
      ...{ event: 'submitted', ...of(0), at: more.at ?? madeAt, priority: 'normal', delayMs: more.delayMs ?? 0 },
      version: more.version,
      payload: '{"to":"a@b.c"}' as JsonText,
    }),
    started: (attempt = 1, generation = 0, at = Date.now(), where = { worker: 'w1', delivery: 0 }): JobEvent => ({
      ...{ event: 'started', ...run(attempt, generation, at), ...where },
    }),
    completed: (attempt = 1, generation = 0, at = Date.now()): JobEvent => ({
      ...{ event: 'completed', ...run(attempt, generation, at), startedAt: at - 1 },
    }),
    retrying: (attempt = 1, delayMs = 1_000, generation = 0, at = Date.now()): JobEvent => ({
      ...{ event: 'retrying', ...run(attempt, generation, at), startedAt: at - 1, delayMs },
      failure: { name: 'Error', message: 'no' },
    }),
    dead: (attempt = 3, generation = 0, at = Date.now()): JobEvent => ({
      ...{ event: 'dead', ...run(attempt, generation, at), startedAt: at - 1, reason: 'attempts_exhausted' },
      failure: { name: 'Error', message: 'no' },
    }),
    dropped: (cancel: 'cancel' | 'move' = 'cancel', generation = 0, at = Date.now()): JobEvent => ({
      event: 'cancelled',
      ...run(1, generation, at),
      cancel,
    }),
  };
}

export type JobTold = ReturnType<typeof jobTold>;

/** A heartbeat. */
export function seen(
  worker: string,
  more: { controlVersion?: number; running?: string[]; heldJobs?: string[]; queues?: string[] } = {},
): RecordedEvent {
  const { running = [], heldJobs = [], queues = ['email'], controlVersion } = more;
  return {
    ...{
      event: 'worker.seen',
      worker,
      at: Date.now(),
      queues,
      types: ['email.welcome'],
      startedAt: Date.now() - 1_000,
    },
    ...{ running, held: heldJobs.length, heldJobs, controlVersion },
  };
}
