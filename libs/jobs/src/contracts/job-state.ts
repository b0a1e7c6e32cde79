/** Every state a job can be in. */
export const JOB_STATES = [
  'accepted',
  'blocked',
  'delayed',
  'waiting',
  'active',
  'retrying',
  'stalled',
  'cancelling',
  'completed',
  'dead',
  'cancelled',
  'expired',
] as const;
export type JobState = (typeof JOB_STATES)[number];

export const FINAL_STATES = ['completed', 'dead', 'cancelled', 'expired'] as const satisfies readonly JobState[];

/** Whether a job in this state has ended: nothing can happen to it any more but a redrive. */
export function isFinalState(state: string): state is (typeof FINAL_STATES)[number] {
  return (FINAL_STATES as readonly string[]).includes(state);
}
