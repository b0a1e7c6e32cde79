import type { Broker } from '@scutwork/jobs';
import { EVERY_QUEUE } from '@scutwork/jobs/wire';
import type { Admission } from '../submit/admission';

/** Bundles of records that may wait in the ledger's inbox: what a ledger that cannot keep up puts on the broker's disk. */
const MOST_IN_INBOX = 100_000;
const LOOK_EVERY_MS = 5_000;

/**
 * Which queues take no more: those that have their fill, and every one while the ledger's inbox is that far behind, for
 * then nobody knows how many wait. Told to clients by the beat.
 */
export class FullQueues {
  private lookedAt = Number.NEGATIVE_INFINITY;
  private isBehind = false;

  constructor(
    private readonly admission: Pick<Admission, 'full'>,
    private readonly broker: Pick<Broker, 'depth'>,
    private readonly inbox: string,
    private readonly mostInInbox = MOST_IN_INBOX,
  ) {}

  /** @throws what the database and the broker throw */
  async read(): Promise<string[]> {
    if (performance.now() - this.lookedAt >= LOOK_EVERY_MS) {
      this.lookedAt = performance.now();
      this.isBehind = ((await this.broker.depth(this.inbox))?.messages ?? 0) > this.mostInInbox;
    }
    return this.isBehind ? [EVERY_QUEUE] : this.admission.full();
  }
}
