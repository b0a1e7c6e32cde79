/** What the ledger has to say of itself; the producer writes it to its log, health shows it. */
export interface LedgerEvents {
  /** Something failed and is tried again. `away`: it is the database that cannot be reached. */
  failed(what: string, error: unknown, away: boolean): void;
  /** A message that could not be recorded was put aside into `jobs.ledger.parked`. */
  parked(queue: string, reason: string): void;
  /** Moments of a schedule were missed, and get no job. */
  missed(schedule: string, moments: number): void;
  /** Something that a person should know, with the next step. */
  noticed(what: string): void;
}

export const silentLedger: LedgerEvents = {
  failed: () => undefined,
  parked: () => undefined,
  missed: () => undefined,
  noticed: () => undefined,
};
