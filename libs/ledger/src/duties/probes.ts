import { type Names, PRIORITIES, type Publisher, newJobId } from '@scutwork/jobs';
import { PROBE_MESSAGE_TYPE, published } from '@scutwork/jobs/wire';
import type { LedgerEvents } from '../ledger-events';
import { lockRows } from '../record/lock-rows';
import type { Recorder } from '../record/recorder';
import type { Database } from '../store/database';
import type { Duty } from './duty';
import { type Missing, type ReportedProbe, findMissing, levelOf, publishAgain } from './missing';

export interface ProbesOptions {
  database: Database;
  recorder: Recorder;
  publisher: Publisher;
  names: Names;
  events: LedgerEvents;
  /** Wakes the relay. */
  onOutbox?: () => void;
  /** Between two markers of a level, ms. Twice as long for each that has not come out. Default 60,000. */
  probeMs?: number;
  /** Levels are probed where a job has not moved for so long, ms. Default 60,000. */
  stillMs?: number;
  /** From the report of a marker to the verdict, ms. Default 15,000. */
  graceMs?: number;
  /** What a message may be late out of the delay ladder, besides a quarter of its wait, ms. Default 60,000. */
  ladderGraceMs?: number;
  /** Most jobs that one verdict publishes again. Default 500. */
  most?: number;
}

/**
 * Finds jobs that are in no queue and with no worker (a queue was purged or deleted, a disk lost), and publishes them
 * again. No queue can be searched, but it is first in, first out: the ledger puts a marker into it, and when a worker
 * reports the marker, all that was put in before has come out. A job of before that has not been started and that no
 * worker holds is missing; if it is still missing by the next marker, it is published again. What only waits, behind any
 * backlog or in a paused queue, never is: its marker waits too.
 */
export class Probes implements Duty {
  readonly name = 'probes';
  readonly everyMs = 2_000;
  readonly alone = true;
  private readonly missing = new Map<string, { jobs: Missing; judgedAt: number }>();
  private readonly settings: Required<Omit<ProbesOptions, 'onOutbox'>>;

  constructor(private readonly options: ProbesOptions) {
    const defaults = { probeMs: 60_000, stillMs: 60_000, graceMs: 15_000, ladderGraceMs: 60_000, most: 500 };
    this.settings = { ...defaults, ...options };
  }

  async run(signal: AbortSignal): Promise<'done'> {
    for (const probe of await this.due()) if (!signal.aborted) await this.judge(probe);
    for (const level of await this.unsure()) if (!signal.aborted) await this.send(level);
    return 'done';
  }

  private due(): Promise<(ReportedProbe & { paused: boolean })[]> {
    return this.options.database.query(DUE, [this.settings.graceMs]);
  }

  private async judge(probe: ReportedProbe & { paused: boolean }): Promise<void> {
    const { database, recorder, ladderGraceMs, events, most } = this.settings;
    const level = levelOf(probe);
    const lost = await database.transaction(async (tx) => {
      await lockRows(tx);
      const before = this.missing.get(level);
      const jobs: Missing = probe.paused ? new Map<string, number>() : await findMissing(tx, probe, ladderGraceMs);
      const counts = before !== undefined && probe.sentAt > before.judgedAt;
      const again = counts ? [...jobs].filter(([id, stateAt]) => before.jobs.get(id) === stateAt).slice(0, most) : [];
      const ids = again.map(([id]) => id);
      await publishAgain(tx, recorder, ids);
      const { rows } = await tx.query<{ at: number }>(JUDGED, [probe.id]);
      for (const id of ids) jobs.delete(id);
      return { jobs, judgedAt: rows[0]?.at ?? 0, ids };
    });
    this.missing.set(level, lost);
    if (lost.ids.length === 0) return;
    events.noticed(
      `${lost.ids.length} jobs of ${level} were in no queue and with no worker: they are published again. Was the queue purged or deleted?`,
    );
    this.options.onOutbox?.();
  }

  private unsure(): Promise<{ queue: string; priority: number }[]> {
    return this.options.database.query(UNSURE, [this.settings.stillMs, this.settings.probeMs]);
  }

  private async send({ queue, priority }: { queue: string; priority: number }): Promise<void> {
    const { database, publisher, names } = this.options;
    const level = PRIORITIES[priority];
    if (level === undefined) return;
    const id = newJobId();
    await database.query('insert into probes (id, queue, priority, sent_at) values ($1, $2, $3, clock_timestamp())', [
      id,
      queue,
      priority,
    ]);
    const failure = await published(publisher, {
      ...{ exchange: names.direct(level), routingKey: queue, mandatory: true, body: Buffer.alloc(0) },
      ...{ messageId: id, type: PROBE_MESSAGE_TYPE },
    });
    // Of a queue that does not exist nothing can be said. What may have been stored is waited for.
    if (failure !== undefined) await database.query('delete from probes where id = $1', [id]);
  }
}

/**
 * Reported markers that can be judged: all that was said until then is recorded, and every worker of the queue has been
 * heard of since, with all that it holds. While the queue, or a type of it, is paused there is no verdict.
 */
const DUE = `
select id, queue, priority, extract(epoch from sent_at)::float8 * 1000 as "sentAt",
  exists (
    select 1 from control where key = 'pause:queue:' || probes.queue or key = 'pause:type:' || probes.queue
      or left(key, length(probes.queue) + 12) = 'pause:type:' || probes.queue || '.'
  ) as paused
from probes
where judged_at is null and reported_at < now() - make_interval(secs => $1::float8 / 1000)
  and extract(epoch from reported_at) * 1000 < (select value from heads where name = 'pulsed')
  and not exists (
    select 1 from workers where not gone and probes.queue = any(queues)
      and (seen_at <= reported_at or (held > 0 and held_jobs is null))
  )
order by sent_at`;

/** Markers sent before it have come out too, or never will. */
const JUDGED = `
with judged as (
  update probes set judged_at = clock_timestamp() where id = $1 returning queue, priority, sent_at, judged_at
), older as (
  delete from probes using judged
  where probes.queue = judged.queue and probes.priority = judged.priority and probes.sent_at < judged.sent_at
)
select extract(epoch from judged_at)::float8 * 1000 as at from judged`;

/** Levels of queues where a job has not moved for a while, or where a revocation waits to be passed. */
const UNSURE = `
with still as (
  select queue from (select distinct queue from counts) as known
  where exists (
    select 1 from jobs where jobs.queue = known.queue and state in ('waiting', 'delayed', 'retrying')
      and due_at < now() - make_interval(secs => $1::float8 / 1000) and not in_ledger
  ) or exists (
    select 1 from jobs where jobs.queue = known.queue and state = 'active'
      and state_at < now() - make_interval(secs => $1::float8 / 1000)
  )
  union
  select distinct queue from control where passable_at < now() and queue is not null
)
select still.queue, priority
from still cross join generate_series(0, 3) as priority
  left join lateral (
    select count(*) filter (where reported_at is null) as outstanding, count(*) filter (where judged_at is null and reported_at is not null) as reported,
      max(sent_at) as sent_at
    from probes where probes.queue = still.queue and probes.priority = priority
  ) as sent on true
where sent.reported = 0
  and (sent.sent_at is null or sent.sent_at < now() - make_interval(secs => $2::float8 / 1000 * 2 ^ least(outstanding, 8)))`;
