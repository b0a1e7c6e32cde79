import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, Names, OutgoingMessage, PublishFailure, Publisher } from '@scutwork/jobs';
import { published } from '@scutwork/jobs/wire';
import type { LedgerEvents } from '../ledger-events';
import { type Columns, fromColumns } from '../record/columns';
import { type Database, type Transaction, statement } from '../store/database';
import { databaseNow } from '../store/database-now';
import { LedgerError } from '../store/ledger-error';
import { type Publishable, messageOf } from '../submit/message-of';
import type { Duty } from './duty';

const CLAIM = statement('claim-outbox');
const MOST_MESSAGES = 1_000;
const MOST_BYTES = 8 * 1024 * 1024;
/** A transaction waits no longer for the broker, in milliseconds. */
const CONFIRM_MS = 10_000;
/** Under load more gather meanwhile: a transaction for each handful costs more than the messages. */
const GATHER_MS = 10;
const HANDFUL = 5;
const SHORTEST_ASIDE_MS = 5_000;
const LONGEST_ASIDE_MS = 5 * 60_000;

interface Claimed {
  seq: string;
  /** Undefined when there is nothing to publish any more. */
  job: Publishable | undefined;
}

type Sent =
  /** The broker has it, or nobody wants it any more. */
  | { seq: string; end: 'gone' }
  /** It is not known whether the broker has it. */
  | { seq: string; end: 'kept' }
  /** It cannot be published now, whatever becomes of others. */
  | { seq: string; end: 'aside'; reason: string; waitMs: number };

export interface RelayOptions {
  database: Database;
  broker: Broker;
  names: Names;
  events: LedgerEvents;
}

/**
 * Publishes what the outbox holds: what is confirmed leaves it in the transaction that had claimed it. Killed at any
 * moment it leaves behind what another publishes again; a second copy is tolerated, a lost one is not. What no queue
 * takes stands aside alone, with the reason and a time to try again. Several relays work side by side. While the broker
 * is away, nothing is read.
 */
export class Relay implements Duty {
  readonly name = 'relay';
  readonly everyMs = 1_000;
  readonly alone = false;
  private publisher: Publisher | undefined;
  private lastClaimed = 0;

  constructor(private readonly options: RelayOptions) {}

  async run(): Promise<'more' | 'done'> {
    const { broker, database } = this.options;
    if (broker.state.name !== 'connected') return 'done';
    if (this.lastClaimed > HANDFUL && this.lastClaimed < MOST_MESSAGES) await sleep(GATHER_MS);
    return database.transaction((tx) => this.relay(tx));
  }

  private async relay(tx: Transaction): Promise<'more' | 'done'> {
    const claimed = await claim(tx);
    this.lastClaimed = claimed.length;
    if (claimed.length === 0) return 'done';
    const now = await databaseNow(tx);
    const sent = await Promise.all(claimed.map((message) => this.send(message, now)));
    const gone = sent.filter(({ end }) => end === 'gone').map(({ seq }) => seq);
    const aside = sent.filter((one) => one.end === 'aside');
    if (gone.length > 0) await tx.query('delete from outbox where seq = any($1::bigint[])', [gone]);
    if (aside.length > 0) await this.setAside(tx, aside);
    return gone.length + aside.length > 0 ? 'more' : 'done';
  }

  private async send({ seq, job }: Claimed, now: number): Promise<Sent> {
    if (!job) return { seq, end: 'gone' };
    try {
      return judge(seq, await this.publish(messageOf(job, this.options.names, now)), job, now);
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      return { seq, end: 'aside', reason: error.message, waitMs: LONGEST_ASIDE_MS };
    }
  }

  private publish(message: OutgoingMessage): Promise<PublishFailure | undefined> {
    const publisher = (this.publisher ??= this.options.broker.publisher({ deadlineMs: CONFIRM_MS }));
    return published(publisher, message);
  }

  private async setAside(tx: Transaction, aside: readonly Extract<Sent, { end: 'aside' }>[]): Promise<void> {
    await tx.query(SET_ASIDE, [JSON.stringify(aside)]);
    const reasons = [...new Set(aside.map(({ reason }) => reason))];
    this.options.events.noticed(
      `${aside.length} messages stand aside in the outbox: ${reasons.slice(0, 3).join('; ')}`,
    );
  }
}

function judge(seq: string, failure: PublishFailure | undefined, job: Publishable, now: number): Sent {
  const aside = (what: string, waitMs: number): Sent => ({
    ...{ seq, end: 'aside', waitMs },
    reason: `${what}: ${failure?.reason ?? ''}`,
  });
  switch (failure?.kind) {
    case undefined:
      return { seq, end: 'gone' };
    case 'returned':
      return aside('no queue takes it', asideMs(job, now));
    case 'unsendable':
      return aside('it cannot be sent', LONGEST_ASIDE_MS);
    case 'nacked':
      return aside('its queue refused it', SHORTEST_ASIDE_MS);
    case 'full':
    case 'expired':
    case 'unknown':
    case 'stopped':
      return { seq, end: 'kept' };
  }
}

const SET_ASIDE = `
update outbox set parked_reason = row.reason, parked_until = now() + make_interval(secs => row."waitMs" / 1000.0)
from json_to_recordset($1::json) as row (seq bigint, reason text, "waitMs" float8) where outbox.seq = row.seq`;

async function claim(tx: Transaction): Promise<Claimed[]> {
  const { rows } = await tx.query<Columns>(CLAIM, [MOST_MESSAGES, MOST_BYTES]);
  return rows.map((row) => ({ seq: String(row.seq), job: row.id === null ? undefined : fromColumns(row) }));
}

/** The longer it waits already, the longer until the next try: a quarter of that, within bounds. */
function asideMs({ dueAt, createdAt }: Publishable, now: number): number {
  return Math.min(LONGEST_ASIDE_MS, Math.max(SHORTEST_ASIDE_MS, (now - (dueAt ?? createdAt)) / 4));
}
