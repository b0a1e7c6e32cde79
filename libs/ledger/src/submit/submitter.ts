import { type JobCatalog, definitionsIn } from '@scutwork/jobs/wire';
import type { SubmitEntry, SubmittedJob, Submitting } from '../api';
import type { Effect } from '../record/change';
import { type Secrets, secretsOf } from '../record/secrets';
import type { Database } from '../store/database';
import { isDatabaseAway } from '../store/database';
import { databaseNow } from '../store/database-now';
import { LedgerError } from '../store/ledger-error';
import { type Admission, type Admitted, numbersOf } from './admission';
import { type Admit, decide } from './decide';
import { type Call, Gathering } from './gathering';
import { prepareAll } from './prepare';
import { put } from './put';
import { type Standing, findStanding, nothingStands } from './standing';

export interface SubmitterOptions {
  database: Database;
  /** The job types that are taken. */
  catalog: JobCatalog;
  /** What depends on new rows: counts, the feed. The same as the recorder has. */
  effects: readonly Effect[];
  /** Largest payload in bytes of JSON. Default 1 MiB. */
  maxPayloadBytes?: number;
  /** What bounds how many jobs wait. Default: any number may. */
  admission?: Admission;
  /** Called after a commit that left something to publish: wakes the relay. */
  onOutbox?: () => void;
}

/**
 * Takes jobs through the API: recorded in one transaction with what the relay publishes, so they are readable at once
 * and taken while the broker is away. Concurrent calls share transactions.
 *
 * @example
 * const submitter = new Submitter({ database, catalog: catalogOf([Welcome]), effects });
 * const [job] = await submitter.submit([{ type: 'email.welcome', payload, options: { unique: { key: 'user-42' } } }]);
 */
export class Submitter implements Submitting {
  private readonly secrets: Secrets;
  /** Jobs that nothing can stand in the way of wait for no lock. */
  private readonly fresh = new Gathering((calls) => this.record(calls, () => Promise.resolve(nothingStands())));
  private readonly decided = new Gathering((calls) => this.record(calls, (tx) => findStanding(tx, calls.flat())));

  constructor(private readonly options: SubmitterOptions) {
    this.secrets = secretsOf(definitionsIn(options.catalog));
  }

  /**
   * All or none of them.
   *
   * @throws JobError, LedgerError `unique_invalid`, `keep_invalid`, `options_invalid`, naming the field: nothing is recorded
   * @throws LedgerError `backlog_full` when more jobs of a queue would wait than may: nothing is recorded
   * @throws LedgerError `id_taken` for the id of a job that was removed a short while ago
   * @throws LedgerError `database_unreachable`: it may be recorded when the connection was lost in the commit; repeating
   *   with the same `options.id` is safe
   */
  async submit(entries: readonly SubmitEntry[]): Promise<SubmittedJob[]> {
    if (entries.length === 0) return [];
    const { catalog, maxPayloadBytes = 1_048_576 } = this.options;
    const call = await prepareAll(entries, catalog, maxPayloadBytes);
    const lane = call.some(({ chosen, unique }) => chosen || unique) ? this.decided : this.fresh;
    return lane.add(call);
  }

  private async record(
    calls: readonly Call[],
    find: (tx: Parameters<typeof findStanding>[0]) => Promise<Standing>,
  ): Promise<(SubmittedJob[] | LedgerError)[]> {
    const { database, effects, admission, onOutbox } = this.options;
    const admitted: Admitted[] = [];
    const admit: Admit = (fresh) => {
      const answer = admission?.admit(numbersOf(fresh));
      if (answer instanceof LedgerError) return answer;
      if (answer) admitted.push(answer);
      return undefined;
    };
    try {
      await admission?.look(numbersOf(calls.flat()));
      const { answers, outgoing } = await database.transaction(async (tx) => {
        const standing = await find(tx);
        const now = await databaseNow(tx);
        const answers = calls.map((call) => decide(call, standing, now, admit));
        return { answers, outgoing: await put(tx, standing, effects, this.secrets) };
      });
      if (outgoing) onOutbox?.();
      return answers;
    } catch (error) {
      throw isDatabaseAway(error) ? unreachable(error) : error;
    } finally {
      for (const each of admitted) each.end();
    }
  }
}

function unreachable(cause: unknown): LedgerError {
  return new LedgerError('database_unreachable', 'The database could not be reached', {
    hint: 'Try again when it is back, best with an options.id: one that was recorded all the same is answered, not made twice.',
    cause,
  });
}
