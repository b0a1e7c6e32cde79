/** The ledger: a `LedgerApi`. */
export const LEDGER = Symbol('scutwork.ledger');
