import type { JobFilter, JobQuery } from '@scutwork/ledger';

/** The query of a URL has filter, page and order side by side. */
export function queryOf({ limit, cursor, sort, ...filter }: JobFilter & Omit<JobQuery, 'filter'>): JobQuery {
  return { limit, cursor, sort, filter };
}
