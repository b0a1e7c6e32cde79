import { type AnyJob, defineJob } from '@scutwork/jobs';
import { z } from 'zod';

/** What the handler does is in the payload, so that whoever submitted the job knows how it must end. */
const payload = z.object({
  takesMs: z.number().optional(),
  /** Attempts that fail. */
  fails: z.number().optional(),
  /** The failure that ends it at once. */
  unrecoverable: z.boolean().optional(),
  /** The first run of all takes so long, whatever the broker thinks of it. */
  holdsMs: z.number().optional(),
});
export type Work = z.infer<typeof payload>;

const work = (type: string) => defineJob({ type, payload, timeout: '2m', attempts: 4, backoff: 300 });

export const Plain = work('work.plain');
export const Retried = work('work.retried');
export const Delayed = work('work.delayed');
export const Unique = work('work.unique');
export const Steered = work('work.steered');
export const Held = work('work.held');
export const Ticked = work('work.ticked');
/** Of a queue that is paused now and then. */
export const Paused = work('paused.task');
/** Of a queue that is deleted, or purged, now and then. */
export const Gone = work('gone.task');

export const campaignJobs: readonly AnyJob[] = [
  ...[Plain, Retried, Delayed, Unique, Steered, Held, Ticked],
  ...[Paused, Gone],
];

/** Name and distance of the schedules that tick. */
export const SCHEDULES = { 'every-two': 2_000, 'every-five': 5_000 } as const;
