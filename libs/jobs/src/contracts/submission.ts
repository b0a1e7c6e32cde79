import type { JobState } from './job-state';

/** `type` property of a gated submission; its body is a {@link SubmissionRequest} as JSON. */
export const SUBMISSION_MESSAGE_TYPE = 'submit.v1';

/** `type` property of a tick to `jobs.submit`: `{"schedule", "instant", "by"}`, instant in milliseconds since 1970. */
export const TICK_MESSAGE_TYPE = 'tick.v1';

/** `type` property of schedules that code declares, to `jobs.submit`: `{"by", "schedules": [...]}`. */
export const SCHEDULES_MESSAGE_TYPE = 'schedules.v1';

/**
 * `pending`: while a job of this key is not finished. `throttle`: one per `window`, milliseconds or a text. `debounce`: a
 * waiting one is replaced (payload and options) and its delay begins again. A duplicate answers with the id of the job
 * that stands.
 */
export type UniqueOptions =
  | { key: string; mode?: 'pending' }
  | { key: string; mode: 'throttle'; window: number | string }
  | { key: string; mode: 'debounce' };

/** What the ledger answers a submission with, as JSON; its correlation id is the message id that it answers. */
export type SubmissionAnswer =
  | { job: { id: string; key?: string; type: string; queue: string; state?: JobState; duplicate?: boolean } }
  | { error: { code: string; message: string; field?: string; hint?: string } };
