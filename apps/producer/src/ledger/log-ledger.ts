import type { LedgerEvents } from '@scutwork/ledger';
import { reasonOf, tlsFault } from '@scutwork/jobs/wire';
import type { Logger } from 'pino';

/** Writes what the ledger has to say of itself to the log. */
export function logLedger(log: Pick<Logger, 'warn' | 'error'>): LedgerEvents {
  return {
    failed: (what, error, away) => {
      if (away) log.warn({ what, reason: explained(error) }, 'the ledger waits: it is tried again');
      else log.error({ what, err: error }, 'the ledger failed at something: it is tried again');
    },
    parked: (queue, reason) => log.error({ queue, reason }, 'a message that could not be recorded was put aside'),
    missed: (schedule, moments) => log.warn({ schedule, moments }, 'moments of a schedule were missed, and get no job'),
    noticed: (what) => log.warn(what),
  };
}

function explained(error: unknown): string {
  const words = reasonOf(error);
  const tls = tlsFault(error);
  return tls === undefined ? words : `${words}. ${tls}`;
}
