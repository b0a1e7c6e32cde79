import { FINAL_STATES, PRIORITIES, type Priority } from '@scutwork/jobs';
import { MOST_CAP } from '@scutwork/ledger';
import { z } from 'zod';
import { jobFilter } from './job-filter';
import { milliseconds } from './milliseconds';
import { jobId, jobType, moment, queueName, shortText } from './texts';

export const jobParams = z.strictObject({ id: jobId });
export const queueParams = z.strictObject({ queue: queueName });
export const typeParams = z.strictObject({ type: jobType });
export const bulkParams = z.strictObject({ id: shortText(64) });
export const apiKeyParams = z.strictObject({ id: shortText(64) });

const payload = z.unknown().optional().describe('In place of the payload that it has');
const byNumber = z
  .number()
  .int()
  .min(1)
  .max(20)
  .transform((number): Priority => PRIORITIES[Math.floor((number - 1) / 5)] ?? 'low');

const priority = z
  .union([z.enum(PRIORITIES), byNumber], {
    error: 'must be critical, high, normal, low, or a whole number from 1 to 20',
  })
  .describe('By name, or by number: 1 is the highest, 20 the lowest');

export const retryBody = z.strictObject({ payload });

export const rescheduleBody = z
  .strictObject({
    delay: milliseconds(0).optional().describe('From now: milliseconds, or a text such as "90s"'),
    at: moment.optional(),
  })
  .refine(({ delay, at }) => (delay === undefined) !== (at === undefined), { error: 'must hold either delay or at' });

export const priorityBody = z.strictObject({ priority });

export const capBody = z.strictObject({
  most: z.number().int().min(1).max(MOST_CAP).describe('Jobs at a time, in all workers together'),
});

export const cleanBody = z.strictObject({
  state: z
    .enum([...FINAL_STATES, 'failed'])
    .transform((state) => (state === 'failed' ? 'dead' : state))
    .describe('`failed` stands for `dead`'),
  grace: milliseconds(0).optional().describe('Only what ended at least so long ago; 0 by default'),
  limit: z.number().int().min(1).max(1_000_000).optional().describe('Removes at most so many'),
});

export const bulkBody = z
  .strictObject({
    action: z.enum(['cancel', 'retry', 'promote', 'reschedule', 'priority', 'remove', 'redrive', 'discard']),
    filter: jobFilter.describe('Jobs for which every member holds; `{}` means all'),
    payload,
    priority: priority.optional().describe('For the action `priority`'),
    delay: milliseconds(0).optional().describe('For the action `reschedule`: from when it is carried out'),
    at: moment.optional().describe('For the action `reschedule`, in place of `delay`'),
  })
  .refine(({ action, priority }) => action !== 'priority' || priority !== undefined, {
    error: 'is missing',
    path: ['priority'],
  })
  .refine(({ action, delay, at }) => action !== 'reschedule' || (delay === undefined) !== (at === undefined), {
    error: 'must hold either delay or at',
    path: ['delay'],
  });

export const redriveBody = z.strictObject({ filter: jobFilter.describe('`{}` means all dead letters'), payload });
export const discardBody = z.strictObject({ filter: jobFilter.describe('`{}` means all dead letters') });
