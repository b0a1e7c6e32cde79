import { durationMs } from '@scutwork/jobs';
import { z } from 'zod';

/** A hundred years: dates of PostgreSQL and of JavaScript hold it. */
const MOST_MS = 100 * 365 * 24 * 3_600_000;

/** Milliseconds, or a text such as "90s", as milliseconds. */
export const milliseconds = (least: number) =>
  z.union([z.number(), z.string().max(100)]).transform((value, context): number => {
    const ms = durationMs(value);
    if (ms !== undefined && ms >= least && ms <= MOST_MS) return ms;
    const message = `must be milliseconds, at least ${least}, or a text such as "90s"`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
