import type { ScheduleFigures, Scheduling } from '@scutwork/ledger';
import { Counter, Gauge, type Registry } from 'prom-client';
import { inTime } from '../health/in-time';

interface Family {
  kind: typeof Counter | typeof Gauge;
  name: string;
  help: string;
  /** Undefined: there is none to show of this schedule. */
  of: (figures: ScheduleFigures) => number | undefined;
}

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1_000);

const FAMILIES: readonly Family[] = [
  {
    ...{ kind: Counter, name: 'scutwork_schedule_missed_total', of: ({ missed }) => missed },
    help: 'Moments that nobody decided in time, and that got no job',
  },
  {
    ...{ kind: Counter, name: 'scutwork_schedule_runs_total', of: ({ runs }) => runs },
    help: 'Jobs that were made, those that somebody triggered too',
  },
  {
    ...{ kind: Counter, name: 'scutwork_schedule_skipped_total', of: ({ skipped }) => skipped },
    help: 'Moments that came while a job of the schedule was not finished',
  },
  {
    ...{ kind: Counter, name: 'scutwork_schedule_failed_total', of: ({ failed }) => failed },
    help: 'Moments whose job could not be made',
  },
  {
    ...{ kind: Gauge, name: 'scutwork_schedule_last_tick_timestamp_seconds', of: (f) => seconds(f.tickedAt) },
    help: 'When a moment of it was decided last, seconds since 1970',
  },
  {
    ...{ kind: Gauge, name: 'scutwork_schedule_late_seconds', of: ({ lateMs }) => seconds(lateMs) },
    help: 'For how long its next moment is past and not decided',
  },
  {
    ...{ kind: Gauge, name: 'scutwork_schedule_unhandled', of: ({ enabled, handled }) => Number(enabled && !handled) },
    help: '1 where it is switched on and no worker that lives knows its type',
  },
];

/**
 * What the ledger knows of each schedule. Every producer tells the same, so add nothing up over producers. While the
 * database does not answer there is nothing of schedules, and `scutwork_ledger_up` is 0.
 */
export function scheduleMetrics(registry: Registry, ledger: Pick<Scheduling, 'scheduleFigures'>): void {
  const read = onceAtATime(() => figuresOf(ledger));
  for (const { kind, name, help, of } of FAMILIES) {
    const metric = new kind({ name, help, labelNames: ['schedule'], registers: [registry], collect });
    async function collect(): Promise<void> {
      const figures = (await read()) ?? [];
      metric.reset();
      for (const each of figures) {
        const value = of(each);
        if (value !== undefined) metric.inc({ schedule: each.name }, value);
      }
    }
  }
  new Gauge({
    ...{ name: 'scutwork_ledger_up', help: '1 while the database of the ledger answers', registers: [registry] },
    async collect() {
      this.set(Number((await read()) !== undefined));
    },
  });
}

async function figuresOf(ledger: Pick<Scheduling, 'scheduleFigures'>): Promise<ScheduleFigures[] | undefined> {
  let found: ScheduleFigures[] | undefined;
  const answered = await inTime(ledger.scheduleFigures().then((figures) => (found = figures)));
  return answered ? found : undefined;
}

/** All that ask at once get one answer: a scrape asks the database once, and its families agree. */
function onceAtATime<T>(ask: () => Promise<T>): () => Promise<T> {
  let asking: Promise<T> | undefined;
  return () => (asking ??= ask().finally(() => (asking = undefined)));
}
