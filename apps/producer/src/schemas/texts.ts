import { z } from 'zod';
import { MOST_PAGE } from './limits';

/** PostgreSQL keeps neither U+0000 nor half of a pair of surrogates. */
export const isKept = (text: string): boolean => !text.includes('\u0000') && !/\p{Surrogate}/u.test(text);
export const keptError = { error: 'must not hold the character U+0000 or half a surrogate pair' };

/** A text that can be kept and compared. */
export const shortText = (most: number) =>
  z
    .string()
    .min(1, { error: 'must not be empty' })
    .max(most, { error: `must have at most ${most} characters` })
    .refine(isKept, keptError);

/** A job's id, or the id of its own that it was added with. */
export const jobId = shortText(128).describe('The id of the job, or the one of your own that it was added with');

/** Words of a-z, 0-9 and "-", joined by dots. */
export const jobType = shortText(120);
export const queueName = shortText(120);

/** A day alone is its first moment in UTC. */
const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/;
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

export const isIsoTime = (text: string): boolean => ISO_TIME.test(text) && !Number.isNaN(Date.parse(text));

export const moment = z
  .string()
  .max(40)
  .refine((text) => isIsoTime(text) || (ISO_DAY.test(text) && !Number.isNaN(Date.parse(text))), {
    error: 'must be an ISO 8601 time with a zone, such as 2030-01-31T12:00:00Z, or a day in UTC',
  });

/** Which part of a list is wanted. */
export const page = {
  limit: z.coerce.number().int().min(1).max(MOST_PAGE).optional().describe('Entries of a page; 50 by default'),
  cursor: shortText(2_000).optional().describe('The `cursor` of the page before'),
};
