import { LedgerError } from '../store/ledger-error';

const DEFAULT_LIMIT = 50;
const MOST = 200;

/** @throws LedgerError `filter_invalid`, field `limit` */
export function pageSize(limit: number | undefined): number {
  if (limit === undefined) return DEFAULT_LIMIT;
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw new LedgerError('filter_invalid', '`limit` is no number of rows that can be read at a time.', {
    field: 'limit',
    hint: `A whole number from 1 to ${MOST}.`,
  });
}
