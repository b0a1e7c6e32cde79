import type { Names, OutgoingMessage, Publisher } from '@scutwork/jobs';
import {
  BEAT_MS,
  CONTROL_MESSAGE_TYPE,
  type ControlEntries,
  type ControlMessage,
  confirmed,
  published,
} from '@scutwork/jobs/wire';
import type { Database } from '../store/database';
import type { Duty } from './duty';
import type { FullQueues } from './full-queues';

const SNAPSHOT_MS = 60_000;
const MOST_PART_CHARS = 256 * 1024;
const MOST_DELTAS = 500;
/** Sent before the first of them is confirmed: few enough bytes to leave at once, and so in one piece. */
const MOST_SENT_CHARS = 1024 * 1024;

export interface ControlPublisherOptions {
  database: Database;
  /** Of its own: changes keep their order. */
  publisher: Publisher;
  names: Names;
  /** Which queues take no more: each beat says them, and one goes out at once when they change. Default none. */
  fullQueues?: Pick<FullQueues, 'read'>;
}

interface Delta {
  version: number;
  delta: { set: ControlEntries; lift: string[] };
}

interface Standing {
  /** By the database's clock, ms since 1970. */
  now: number;
  version: number;
  deltas: Delta[];
  snapshotAt: number;
  beatAt: number;
}

/**
 * Publishes what is to be controlled to the stream `jobs.control`: every change in the order of versions, all that is in
 * force each minute and when it starts, and a beat every 5 s. What has been published stands in the database, so that
 * another producer goes on where this one stopped; one killed between commit and publish leaves the change to the next.
 */
export class ControlPublisher implements Duty {
  readonly name = 'control';
  readonly everyMs = 500;
  readonly alone = true;
  readonly afterQueues = true;
  private begun = false;
  /** As the last beat had said it. */
  private full: readonly string[] = [];

  constructor(private readonly options: ControlPublisherOptions) {}

  async run(signal: AbortSignal): Promise<'more' | 'done'> {
    const standing = await this.standing();
    const { now, deltas, snapshotAt } = standing;
    // A stream begins with a snapshot: what it holds is told once more by the changes that were to come.
    if (snapshotAt === 0) return this.snapshot(true);
    for (const some of byChars(deltas, MOST_SENT_CHARS)) {
      if (signal.aborted) return 'done';
      await this.publishAll(some, snapshotAt);
    }
    if (deltas.length === MOST_DELTAS) return 'more';
    if (!this.begun || now - snapshotAt >= SNAPSHOT_MS) return this.snapshot();
    const full = await this.readFull();
    if (now - standing.beatAt >= BEAT_MS || full.join() !== this.full.join()) await this.beat(standing, full);
    return 'done';
  }

  private async standing(): Promise<Standing> {
    const [row] = await this.options.database.query<{
      now: number;
      version: string;
      deltas: Standing['deltas'] | null;
      snapshot_at: string | null;
      beat_at: string | null;
    }>(STANDING, [MOST_DELTAS]);
    const deltas = row?.deltas ?? [];
    return {
      now: Math.round(row?.now ?? 0),
      version: deltas.at(-1)?.version ?? Number(row?.version),
      deltas,
      snapshotAt: Number(row?.snapshot_at ?? 0),
      beatAt: Number(row?.beat_at ?? 0),
    };
  }

  /** In parts of some 256 KiB. Readers are told of it by the messages after it, when all its parts are confirmed. */
  private async snapshot(isFirst = false): Promise<'more' | 'done'> {
    const [row] = await this.options.database.query<{
      now: number;
      version: string;
      unpublished: boolean;
      entries: ControlEntries | null;
    }>(SNAPSHOT);
    // Changed since: the change goes out before a snapshot that holds it.
    if (!row || (row.unpublished && !isFirst)) return 'more';
    const { now } = row;
    const parts = partsOf(row.entries ?? {});
    const [version, snapshotAt] = [Number(row.version), Math.round(now)];
    for (const [index, entries] of parts.entries())
      await this.publish({ kind: 'snapshot', version, snapshotAt, part: index + 1, parts: parts.length, entries });
    await this.put('snapshot', snapshotAt);
    this.begun = true;
    await this.beat({ version, snapshotAt, now: snapshotAt }, await this.readFull());
    return row.unpublished ? 'more' : 'done';
  }

  private async readFull(): Promise<readonly string[]> {
    return (await this.options.fullQueues?.read()) ?? [];
  }

  private async beat(
    { version, snapshotAt, now }: Pick<Standing, 'version' | 'snapshotAt' | 'now'>,
    full: readonly string[],
  ): Promise<void> {
    await this.publish({ kind: 'beat', version, snapshotAt, now, ...(full.length > 0 ? { full: [...full] } : {}) });
    this.full = full;
    await this.put('beat', now);
  }

  private async put(head: string, value: number): Promise<void> {
    await this.options.database.query(
      `insert into heads (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value`,
      [head, value],
    );
  }

  /**
   * In their order, without waiting for each: ten thousand changes take a second.
   * @throws Error when one is not confirmed. What was sent after it may be there without it, and whoever has read that
   *   passes over what comes of lower versions: it is published again, and a snapshot after it sets all readers right.
   */
  private async publishAll(deltas: readonly Delta[], snapshotAt: number): Promise<void> {
    const { publisher, database, names } = this.options;
    const ends = await Promise.all(
      deltas.map(({ version, delta }) =>
        published(publisher, this.outgoing({ kind: 'delta', version, snapshotAt, ...delta })),
      ),
    );
    const failed = ends.findIndex((failure) => failure !== undefined);
    const done = deltas[failed === -1 ? deltas.length - 1 : failed - 1];
    if (done) await database.query('delete from control_log where version <= $1', [done.version]);
    const failure = ends[failed];
    if (!failure) return;
    this.begun = false;
    throw new Error(`${names.control}: ${failure.kind}, ${failure.reason}`);
  }

  /** @throws Error when it is not confirmed; it is published again at the next run, before anything that follows it */
  private async publish(message: ControlMessage): Promise<void> {
    await confirmed(this.options.publisher, this.outgoing(message), this.options.names.control);
  }

  private outgoing(message: ControlMessage): OutgoingMessage {
    const { names } = this.options;
    return {
      ...{ exchange: '', routingKey: names.control, mandatory: true },
      ...{ type: CONTROL_MESSAGE_TYPE, contentType: 'application/json', body: Buffer.from(JSON.stringify(message)) },
    };
  }
}

/** One statement sees one moment: the head, and what is unpublished of it. */
const STANDING = `
select extract(epoch from clock_timestamp())::float8 * 1000 as now,
  (select value from heads where name = 'control') as version,
  (select json_agg(json_build_object('version', version, 'delta', delta) order by version)
   from (select version, delta from control_log order by version limit $1) as log) as deltas,
  (select value from heads where name = 'snapshot') as snapshot_at,
  (select value from heads where name = 'beat') as beat_at`;

const SNAPSHOT = `
select extract(epoch from clock_timestamp())::float8 * 1000 as now,
  (select value from heads where name = 'control') as version,
  exists (select 1 from control_log) as unpublished,
  (select json_object_agg(key, entry) from control) as entries`;

function partsOf(entries: ControlEntries): ControlEntries[] {
  return byChars(Object.entries(entries), MOST_PART_CHARS).map((part) => Object.fromEntries(part));
}

/** In groups of about so many characters of JSON; one empty group of nothing. */
function byChars<T>(items: readonly T[], most: number): T[][] {
  const groups: T[][] = [[]];
  let chars = 0;
  for (const item of items) {
    const size = JSON.stringify(item).length;
    if (chars > 0 && chars + size > most) {
      groups.push([]);
      chars = 0;
    }
    groups.at(-1)?.push(item);
    chars += size;
  }
  return groups;
}
