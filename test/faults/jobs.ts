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
/** Of a queue of which {@link MOST_CAPPED} run at a time, in all workers together. */
export const Capped = work('capped.task');
/** Of a queue that is paused now and then. */
export const Paused = work('paused.task');
/** Of a queue that is deleted, or purged, now and then. */
export const Gone = work('gone.task');

export const campaignJobs: readonly AnyJob[] = [
  ...[Plain, Retried, Delayed, Unique, Steered, Held, Ticked],
  ...[Paused, Gone, Capped],
];

export const MOST_CAPPED = 4;

/** A schedule of the campaign. Its moments are the multiples of its distance since 1970. */
export interface Rhythm {
  everyMs: number;
  catchUp: 'skip' | 'once' | 'all';
  /** Default `allow`. */
  overlap?: 'queue';
  /** What is decided later than this was missed. */
  graceMs: number;
  takesMs: number;
}

/** One for each rule of what was missed, and one whose jobs follow each other. */
export const SCHEDULES: Readonly<Record<string, Rhythm>> = {
  'missed-and-made-up-for': { everyMs: 2_000, catchUp: 'all', graceMs: 1_000, takesMs: 0 },
  'missed-but-one': { everyMs: 3_000, catchUp: 'once', graceMs: 6_000, takesMs: 0 },
  'missed-for-good': { everyMs: 5_000, catchUp: 'skip', graceMs: 6_000, takesMs: 0 },
  'one-after-the-other': { everyMs: 4_000, catchUp: 'once', overlap: 'queue', graceMs: 6_000, takesMs: 300 },
};
