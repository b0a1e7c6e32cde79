import type { Priority } from '../contracts/job-type';

/** 28 levels of 100 ms × 2ⁿ: 100 ms to 310 days. After NServiceBus's for RabbitMQ (delay infrastructure v2), see docs/decisions. */
export const LADDER_BITS = 28;
export const LADDER_UNIT_MS = 100;
/** The longest wait of one pass; longer delays go round. */
export const LADDER_MAX_UNITS = 2 ** LADDER_BITS - 1;

/**
 * Header that makes a message wait at level `bit`. Not `x-…`: a headers exchange looks at no such header.
 * Source: RabbitMQ, "x-match: all … headers that start with x- are not considered".
 */
export const waitHeader = (bit: number): string => `job-wait-${String(bit).padStart(2, '0')}`;

/** Whether a header is one of the ladder's: they say nothing to the job, and are spent once it has come down. */
export const isWaitHeader = (name: string): boolean => /^job-wait-\d\d$/.test(name);

/** One header for each bit of the wait. */
export function waitHeaders(units: number): Record<string, true> {
  const headers: Record<string, true> = {};
  for (let bit = 0; bit < LADDER_BITS; bit++) if (units & (1 << bit)) headers[waitHeader(bit)] = true;
  return headers;
}

/** The wait that a message's headers stand for, in units. */
export function waitUnits(headers: Readonly<Record<string, unknown>>): number {
  let units = 0;
  for (let bit = 0; bit < LADDER_BITS; bit++) if (headers[waitHeader(bit)] === true) units += 2 ** bit;
  return units;
}

/** Routing key of a delayed job: the way from `jobs.due` to its work queue. */
export const dueKey = (queue: string, priority: Priority): string => `${queue}.${priority}`;
