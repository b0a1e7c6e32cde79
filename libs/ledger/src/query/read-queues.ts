import type { CapEntry } from '@scutwork/jobs/wire';
import type { QueueView } from '../api';
import { controlKey } from '../control/control-store';
import type { Transaction } from '../store/database';

/** Of what is derived, at most so many are counted: mostly they are few, and more says nothing new. */
const MOST_COUNTED = 10_000;

/** A queue as it is being put together. */
interface Draft extends QueueView {
  runs: number;
  ranMs: number;
}

/**
 * Numbers of the kept jobs by queue, from sums that are kept while jobs change (`record/effects/counts.ts`); no job is
 * counted but those whose state changes by time alone.
 */
export async function readQueues(tx: Transaction, only?: string): Promise<QueueView[]> {
  const drafts = new Map<string, Draft>();
  const of = (name: string): Draft => {
    const draft = drafts.get(name) ?? empty(name);
    drafts.set(name, draft);
    return draft;
  };
  await addSums(tx, only, of);
  await addWorkers(tx, only, of);
  await addPauses(tx, only, of);
  await addCaps(tx, only, of);
  await derive(tx, drafts);
  return [...drafts.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map(finish);
}

type DraftOf = (queue: string) => Draft;

function empty(name: string): Draft {
  return {
    name,
    ...{ waiting: 0, active: 0, delayed: 0, retrying: 0, blocked: 0, accepted: 0 },
    ...{ completed: 0, dead: 0, cancelled: 0, expired: 0, total: 0 },
    ...{ paused: false, pausedTypes: [], workers: 0, types: [], runs: 0, ranMs: 0 },
  };
}

function finish({ runs, ranMs, ...queue }: Draft): QueueView {
  return {
    ...queue,
    averageRunMs: runs > 0 ? Math.round(ranMs / runs) : undefined,
    types: [...new Set(queue.types)].sort(),
    pausedTypes: queue.pausedTypes.sort(),
  };
}

const STORED = [
  'waiting',
  'active',
  'delayed',
  'retrying',
  'blocked',
  'completed',
  'dead',
  'cancelled',
  'expired',
] as const;

interface SumRow {
  queue: string;
  type: string;
  state: string;
  n: number;
  runs: number;
  ran_ms: number;
  last_at: number | null;
}

async function addSums(tx: Transaction, only: string | undefined, of: DraftOf): Promise<void> {
  const { rows } = await tx.query<SumRow>(
    `select queue, type, state, sum(n)::float8 as n, sum(runs)::float8 as runs, sum(ran_ms)::float8 as ran_ms,
       extract(epoch from max(last_at))::float8 * 1000 as last_at
     from counts where $1::text is null or queue = $1 group by queue, type, state`,
    [only ?? null],
  );
  for (const { queue: name, type, state, n, runs, ran_ms: ranMs, last_at: lastAt } of rows) {
    const queue = of(name);
    const stored = STORED.find((one) => one === state);
    if (stored) queue[stored] += n;
    queue.total += n;
    queue.types.push(type);
    queue.runs += runs;
    queue.ranMs += ranMs;
    const last = lastAt === null ? undefined : new Date(Math.round(lastAt)).toISOString();
    if (last !== undefined && last > (queue.lastProcessedAt ?? '')) queue.lastProcessedAt = last;
  }
}

async function addWorkers(tx: Transaction, only: string | undefined, of: DraftOf): Promise<void> {
  const { rows } = await tx.query<{ queues: string[]; types: string[] }>(
    'select queues, types from workers where not gone and ($1::text is null or $1 = any(queues))',
    [only ?? null],
  );
  for (const { queues, types } of rows) {
    for (const name of queues) {
      if (only !== undefined && name !== only) continue;
      const queue = of(name);
      queue.workers++;
      queue.types.push(...types.filter((type) => isOf(type, name)));
    }
  }
}

async function addPauses(tx: Transaction, only: string | undefined, of: DraftOf): Promise<void> {
  const { rows } = await tx.query<{ key: string }>("select key from control where key like 'pause:%'");
  for (const { key } of rows) {
    const [, kind, name = ''] = key.split(':');
    const queue = name.split('.')[0] ?? name;
    if (only !== undefined && queue !== only) continue;
    if (kind === 'queue') of(queue).paused = true;
    if (kind === 'type') of(queue).pausedTypes.push(name);
  }
}

async function addCaps(tx: Transaction, only: string | undefined, of: DraftOf): Promise<void> {
  const { rows } = await tx.query<{ entry: CapEntry }>(
    only === undefined
      ? "select entry from control where key like 'cap:%'"
      : 'select entry from control where key = $1',
    only === undefined ? [] : [controlKey.cap(only)],
  );
  for (const { entry } of rows) of(entry.queue).globalConcurrency = { most: entry.most, shares: entry.shares };
}

function isOf(type: string, queue: string): boolean {
  return type === queue || type.startsWith(`${queue}.`);
}

interface Derived {
  queue: string;
  state: 'waiting' | 'delayed' | 'retrying';
  n: number;
}

/** What time and the outbox make of what is stored: see `state-of.ts`. */
async function derive(tx: Transaction, drafts: Map<string, Draft>): Promise<void> {
  const names = [...drafts.keys()];
  const accepted = await tx.query<Derived>(COUNT_ACCEPTED);
  for (const { queue, state, n } of accepted.rows) shift(drafts.get(queue), state, 'accepted', n);
  const due = await tx.query<Derived>(COUNT_DUE, [names]);
  for (const { queue, state, n } of due.rows) shift(drafts.get(queue), state, 'waiting', n);
  const oldest = await tx.query<{ queue: string; ms: number | null }>(OLDEST_WAITING, [names]);
  for (const { queue, ms } of oldest.rows) {
    const draft = drafts.get(queue);
    if (draft && ms !== null) draft.oldestWaitingMs = Math.max(0, Math.round(ms));
  }
}

function shift(draft: Draft | undefined, from: Derived['state'], to: 'accepted' | 'waiting', n: number): void {
  if (!draft) return;
  draft[from] -= n;
  draft[to] += n;
}

const COUNT_ACCEPTED = `
select t.queue, t.state, count(*)::int as n from (select distinct job_id from outbox limit ${MOST_COUNTED}) o
join jobs t on t.id = o.job_id
where t.state in ('waiting', 'delayed', 'retrying') and t.cancel_requested_at is null group by t.queue, t.state`;

const COUNT_DUE = `
select t.queue, t.state, count(*)::int as n
from unnest($1::text[]) as name cross join lateral (
  select queue, state from jobs
  where queue = name and state in ('delayed', 'retrying') and due_at <= now() and cancel_requested_at is null
    and not exists (select from outbox where outbox.job_id = jobs.id)
  limit ${MOST_COUNTED}
) t group by t.queue, t.state`;

const OLDEST_WAITING = `
select name as queue, extract(epoch from now() - t.due_at)::float8 * 1000 as ms
from unnest($1::text[]) as name cross join lateral (
  select min(due_at) as due_at from (
    (select due_at from jobs where queue = name and state = 'waiting' order by due_at limit 1) union all
    (select due_at from jobs where queue = name and state = 'delayed' and due_at <= now() order by due_at limit 1) union all
    (select due_at from jobs where queue = name and state = 'retrying' and due_at <= now() order by due_at limit 1)
  ) first
) t`;
