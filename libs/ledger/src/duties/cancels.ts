import { cancelled } from '../control/cancel';
import { MADE_BY } from '../control/made-by';
import { lockRows } from '../record/lock-rows';
import type { Recorder } from '../record/recorder';
import type { Database, Transaction } from '../store/database';
import type { Duty } from './duty';

const MOST = 500;

export interface CancelsOptions {
  database: Database;
  recorder: Recorder;
  /** Tells how far the inbox is read, at once instead of with the next pulse: see `pulse.ts`. Its time, ms since 1970. */
  sound(): Promise<number>;
}

interface Certainty {
  /** Newest version that is on the stream, confirmed. */
  published: number;
  /** Time of the newest pulse that was read back, and of the database. */
  pulsed: number;
  now: number;
  waiting: boolean;
}

/**
 * Makes `cancelled` of `cancelling` when nobody can start the job any more:
 * - its revocation was on the stream, confirmed, before a pulse was sent that has been read back: so every worker that
 *   had been told anything else before is known here, and one that starts later reads the revocation first;
 * - every worker of the queue that is not gone has reported that the revocation is in force there, and does not run it.
 * A worker that is gone starts nothing before it is heard of again: that is its lease.
 */
export class Cancels implements Duty {
  readonly name = 'cancels';
  readonly everyMs = 500;
  readonly alone = true;
  /** When each version was seen published, oldest first: only what a later pulse has passed counts. */
  private published: { version: number; at: number }[] = [];
  private soundedAt = 0;

  constructor(private readonly options: CancelsOptions) {}

  async run(): Promise<'more' | 'done'> {
    const { published, pulsed, now, waiting } = await this.look();
    if (!waiting) return 'done';
    if (this.published.at(-1)?.version !== published) this.published.push({ version: published, at: now });
    const passed = this.published.findLastIndex(({ at }) => at < pulsed);
    await this.soundAfter(pulsed);
    const version = this.published[passed]?.version;
    if (version === undefined) return 'done';
    this.published.splice(0, passed);
    const ended = await this.options.database.transaction((tx) => this.endCertain(tx, version));
    return ended === MOST ? 'more' : 'done';
  }

  /** One sound after each newly published version is enough; one of the same millisecond proves nothing. */
  private async soundAfter(pulsed: number): Promise<void> {
    const newest = this.published.at(-1)?.at ?? 0;
    if (pulsed > newest || this.soundedAt > newest) return;
    this.soundedAt = await this.options.sound();
  }

  private async look(): Promise<Certainty> {
    const [row] = await this.options.database.query<{
      published: string;
      pulsed: string | null;
      now: number;
      waiting: boolean;
    }>(LOOK);
    return {
      published: Number(row?.published ?? 0),
      pulsed: Number(row?.pulsed ?? 0),
      now: Math.round(row?.now ?? 0),
      waiting: row?.waiting === true,
    };
  }

  private async endCertain(tx: Transaction, version: number): Promise<number> {
    await lockRows(tx);
    const { rows } = await tx.query<{ id: string; now: number }>(CERTAIN, [version, MOST]);
    const now = Math.round(rows[0]?.now ?? 0);
    const ids = rows.map(({ id }) => id);
    await this.options.recorder.revise(tx, ids, (row) => row && cancelled(row, now));
    return ids.length;
  }
}

const LOOK = `
select coalesce((select min(version) - 1 from control_log), (select value from heads where name = 'control')) as published,
  (select value from heads where name = 'pulsed') as pulsed,
  extract(epoch from clock_timestamp())::float8 * 1000 as now,
  exists (select 1 from jobs where cancel_requested_at is not null) as waiting`;

/** $1: newest version that counts; $2: most jobs. */
const CERTAIN = `
select jobs.id, extract(epoch from clock_timestamp())::float8 * 1000 as now
from jobs cross join lateral (
  select version from control where key = 'revoke:' || jobs.id and (entry->>'generation')::int >= jobs.generation
  union all
  select version from control where key like 'revoke-all:%' and entry->>'queue' = jobs.queue
    and coalesce(entry->>'type', jobs.type) = jobs.type
    and coalesce(entry->>'priority', (array['critical', 'high', 'normal', 'low'])[priority + 1])
      = (array['critical', 'high', 'normal', 'low'])[priority + 1]
    and ${MADE_BY} < (entry->>'before')::float8
  order by version limit 1
) as revoked
where cancel_requested_at is not null and revoked.version <= $1
  and not exists (
    select 1 from workers
    where not gone and (jobs.queue = any(queues) or jobs.queue = '')
      and (coalesce(control_version, 0) < revoked.version or jobs.id = any(running))
  )
order by cancel_requested_at limit $2`;
