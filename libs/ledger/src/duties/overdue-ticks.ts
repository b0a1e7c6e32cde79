import type { Ticks } from '../schedules/ticks';
import type { Database } from '../store/database';
import type { Duty } from './duty';

/** What a scheduler has not told by then is looked after here: all of them may be away. */
const LATE_MS = 3_000;
const MOST = 500;
/** How long it is known what became of a moment. Its job is kept as any other. */
const KEEP_DAYS = 7;
/** Every start of a scheduler has a name of its own. */
const FORGET_HOURS = 24;

/** Decides moments that no scheduler has told of, and those that wait for the job before them. */
export class OverdueTicks implements Duty {
  readonly name = 'schedules';
  readonly everyMs = 500;
  readonly alone = true;
  private cleanedAt = 0;

  constructor(
    private readonly database: Database,
    private readonly ticks: Ticks,
  ) {}

  async run(): Promise<'more' | 'done'> {
    const rows = await this.database.query<{ name: string }>(OVERDUE, [LATE_MS, MOST]);
    await this.ticks.take(rows.map(({ name: schedule }) => ({ schedule, instant: 0, by: 'producer' })));
    await this.ticks.releaseQueued();
    await this.clean();
    return rows.length === MOST ? 'more' : 'done';
  }

  private async clean(): Promise<void> {
    if (performance.now() - this.cleanedAt < 60_000 && this.cleanedAt > 0) return;
    this.cleanedAt = performance.now();
    await this.database.query(CLEAN, [KEEP_DAYS]);
    await this.database.query(FORGET, [FORGET_HOURS]);
  }
}

const OVERDUE = `
select name from schedules where next_at < now() - make_interval(secs => $1 / 1000.0) order by next_at limit $2`;

const CLEAN = `
delete from schedule_ticks where (schedule, instant) in (
  select schedule, instant from schedule_ticks
  where decided_at < now() - make_interval(days => $1) and outcome <> 'queued' limit 20000)`;

const FORGET = 'delete from schedulers where ticked_at < now() - make_interval(hours => $1)';
