import type { CapEntry } from '@scutwork/jobs/wire';
import { readCap } from '../control/caps';
import { changeControl, controlKey, lockHead } from '../control/control-store';
import { type LongestAttempt, readSharers } from '../control/sharers';
import { reshare, sharesAlike } from '../control/shares';
import type { Database, Transaction } from '../store/database';
import type { Duty } from './duty';

export interface SharesOptions {
  database: Database;
  longest: LongestAttempt;
  /** Shares are to be published: wakes the duty `control`. */
  onChange: () => void;
}

/**
 * Hands out shares of capped queues to the workers that are there: to one that joins, from one that leaves, and what a
 * worker has given up when it has told so (`control/shares.ts`). Workers go on with what they have while nobody does this.
 */
export class Shares implements Duty {
  readonly name = 'shares';
  readonly everyMs = 500;
  readonly alone = true;

  constructor(private readonly options: SharesOptions) {}

  async run(signal: AbortSignal): Promise<'done'> {
    const { database, onChange } = this.options;
    for (const { queue } of await database.query<{ queue: string }>(CAPPED)) {
      if (signal.aborted) break;
      // Mostly all is as it should be: then nothing is locked.
      if (!(await database.transaction((tx) => this.next(tx, queue)))) continue;
      await database.transaction((tx) => this.handOut(tx, queue));
      onChange();
    }
    return 'done';
  }

  /** Judged again under the lock: a cap that was lifted meanwhile stays lifted. */
  private async handOut(tx: Transaction, queue: string): Promise<void> {
    await lockHead(tx);
    const entry = await this.next(tx, queue);
    if (entry) await changeControl(tx, { set: [{ key: controlKey.cap(queue), entry }] });
  }

  /** Undefined where nothing is to be changed. */
  private async next(tx: Transaction, queue: string): Promise<CapEntry | undefined> {
    const cap = await readCap(tx, queue);
    if (!cap) return undefined;
    const entry = reshare(cap, await readSharers(tx, cap, this.options.longest(queue)));
    return sharesAlike(cap, entry) ? undefined : entry;
  }
}

/** By the key of each queue that ever had a worker: of other entries there may be very many. */
const CAPPED = `
select distinct queue from (select distinct unnest(queues) as queue from workers) as worked
where exists (select from control where key = 'cap:' || worked.queue)`;
