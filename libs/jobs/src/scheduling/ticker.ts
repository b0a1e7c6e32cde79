import type { Publisher } from '../broker/broker';
import type { ScheduleEntry } from '../contracts/control';
import { TICK_MESSAGE_TYPE } from '../contracts/submission';
import type { Standing } from '../control/control-stream';
import { type EventSink, silentEvents } from '../events/event-bus';
import { type Clock, systemClock } from '../lifecycle/clock';
import type { Service, ServiceState } from '../lifecycle/service';
import { type Names, namesFor } from '../topology/names';
import type { Occurrences } from './cron';
import { DueHeap } from './due-heap';
import { occurrencesOf } from './timing';
import { reasonOf } from '../contracts/reason';

/** What a ticker must know of the control stream. */
export interface SchedulesInForce {
  readonly standing: Standing;
  readonly schedules: ReadonlyMap<string, ScheduleEntry>;
  /** The database's clock minus ours, in milliseconds. */
  readonly clockOffsetMs: number | undefined;
  /** When a ledger was last heard of, milliseconds since 1970. */
  readonly beatAt: number | undefined;
  onChange(listener: () => void): () => void;
}

export interface TickerOptions {
  control: SchedulesInForce;
  publisher: Pick<Publisher, 'publish'>;
  /** Who ticks, as schedules show it. */
  by: string;
  names?: Names;
  events?: EventSink;
  clock?: Clock;
}

/** Looked at so often: a clock that is set, or a process that was stopped, is noticed. */
const LONGEST_NAP_MS = 1_000;
const TOGETHER_MS = 100;
/** Going back by less is the drift of two clocks. */
const SET_BACK_MS = 500;
/** Without a beat for so long nobody takes ticks: they would only pile up. The ledger makes up for them by itself. */
const SILENT_MS = 30_000;
const LATE_MS = 5_000;
const MOST_LATE_SHOWN = 20;

/** A schedule on its way from moment to moment. */
interface Run {
  entry: ScheduleEntry;
  occurs: Occurrences;
  dueAt: number;
  /** The last moment that was told, and when the broker confirmed it. */
  lastInstant?: number;
  confirmedAt?: number;
}

/** How a ticker is, for health. Times are milliseconds since 1970. */
export interface TickerHealth {
  by: string;
  state: ServiceState;
  /** Whether it knows what is to tick, and a ledger listens. */
  ticking: boolean;
  schedules: number;
  lastTickAt: number | undefined;
  /** Due for more than 5 s, and not told. */
  lateCount: number;
  /** The first 20 of them. */
  late: { name: string; dueAt: number }[];
}

/**
 * Tells the ledger when schedules are due: any number of tickers may, it makes one job of each moment. What ticks comes
 * by the control stream, and time is the database's, so a clock that is wrong here tells nothing wrong. One timer serves
 * all schedules.
 *
 * @example
 * const ticker = new Ticker({ control, publisher: broker.publisher(), by: 'scheduler-1' });
 * await ticker.start();
 */
export class Ticker implements Service {
  private readonly runs = new Map<string, Run>();
  private readonly heap = new DueHeap<Run>();
  private readonly clock: Clock;
  private readonly names: Names;
  private readonly events: EventSink;
  private current: ServiceState = 'new';
  private stopTimer: (() => void) | undefined;
  private stopListening: (() => void) | undefined;
  private lastNow = 0;
  private lastTickAt: number | undefined;
  private stale = true;

  constructor(private readonly options: TickerOptions) {
    const { clock = systemClock, names = namesFor(), events = silentEvents } = options;
    this.clock = clock;
    this.names = names;
    this.events = events;
  }

  get state(): ServiceState {
    return this.current;
  }

  async start(): Promise<void> {
    if (this.current !== 'new') return;
    this.current = 'running';
    this.stopListening = this.options.control.onChange(() => this.notice());
    this.look();
  }

  /** Tells nothing more. */
  async stop(): Promise<void> {
    this.current = 'stopped';
    this.stopListening?.();
    this.stopTimer?.();
  }

  /** Each schedule with its next moment and the last one that was told. */
  schedules(): { name: string; next: number | undefined; last: number | undefined }[] {
    return [...this.runs.values()].map(({ entry, dueAt, lastInstant }) => ({
      ...{ name: entry.name, next: Number.isFinite(dueAt) ? dueAt : undefined, last: lastInstant },
    }));
  }

  health(): TickerHealth {
    const { by } = this.options;
    const now = this.now();
    const late = [...this.runs.values()].filter(({ dueAt }) => dueAt < now - LATE_MS);
    return {
      ...{ by, state: this.current, ticking: this.isHeard(), schedules: this.runs.size, lastTickAt: this.lastTickAt },
      lateCount: late.length,
      late: late.slice(0, MOST_LATE_SHOWN).map(({ entry, dueAt }) => ({ name: entry.name, dueAt })),
    };
  }

  /** By the database's clock. */
  private now(): number {
    return this.clock.now() + (this.options.control.clockOffsetMs ?? 0);
  }

  private isHeard(): boolean {
    const { standing, beatAt } = this.options.control;
    return standing === 'present' && beatAt !== undefined && Math.abs(this.clock.now() - beatAt) < SILENT_MS;
  }

  private look(): void {
    if (this.current !== 'running') return;
    const now = this.now();
    // Set back: what was passed by a clock that was wrong comes again.
    const isSetBack = now < this.lastNow - SET_BACK_MS;
    this.lastNow = now;
    if (this.stale || isSetBack) this.follow(now, isSetBack);
    if (this.isHeard()) this.tick(now);
    const leftMs = this.leftMs();
    this.wakeIn(leftMs > 0 ? Math.min(Math.ceil(leftMs), LONGEST_NAP_MS) : this.isHeard() ? 0 : LONGEST_NAP_MS);
  }

  /** Following ten thousand schedules takes milliseconds: changes that come together are followed together. */
  private notice(): void {
    if (this.stale) return;
    this.stale = true;
    this.wakeIn(Math.min(TOGETHER_MS, Math.max(0, this.leftMs())));
  }

  /** Until the next moment. */
  private leftMs(): number {
    return (this.heap.first()?.dueAt ?? Number.POSITIVE_INFINITY) - this.now();
  }

  private wakeIn(ms: number): void {
    this.stopTimer?.();
    this.stopTimer = this.clock.after(ms, () => this.look());
  }

  /** What is in force now; one that has not changed goes on where it is. */
  private follow(now: number, fromAnew: boolean): void {
    const { schedules } = this.options.control;
    this.stale = false;
    for (const name of this.runs.keys()) if (!schedules.has(name)) this.runs.delete(name);
    for (const entry of schedules.values()) {
      const run = this.runs.get(entry.name);
      if (run && !fromAnew && isSame(run.entry, entry)) continue;
      const occurs = this.evaluatorOf(entry);
      if (!occurs) continue;
      this.runs.set(entry.name, { ...run, entry, occurs, dueAt: occurs(now) ?? Number.POSITIVE_INFINITY });
    }
    this.heap.clear();
    for (const run of this.runs.values()) if (Number.isFinite(run.dueAt)) this.heap.push(run);
  }

  private evaluatorOf(entry: ScheduleEntry): Occurrences | undefined {
    try {
      return occurrencesOf(entry);
    } catch (error) {
      this.failed(entry.name, this.now(), reasonOf(error));
      return undefined;
    }
  }

  /** Of several moments that have passed the last is told: the ledger decides those before it as well. */
  private tick(now: number): void {
    for (let run = this.heap.first(); run !== undefined && run.dueAt <= now; run = this.heap.first()) {
      this.heap.pop();
      this.tell(run, run.dueAt, now);
      run.dueAt = run.occurs(now) ?? Number.POSITIVE_INFINITY;
      if (Number.isFinite(run.dueAt)) this.heap.push(run);
    }
  }

  private tell(run: Run, instant: number, now: number): void {
    const { publisher, by } = this.options;
    const { name } = run.entry;
    run.lastInstant = instant;
    const tick = {
      ...{ exchange: '', routingKey: this.names.submit, mandatory: true },
      ...{ type: TICK_MESSAGE_TYPE, contentType: 'application/json' },
      body: Buffer.from(JSON.stringify({ schedule: name, instant, by })),
    };
    publisher.publish(tick, (failure) => {
      if (failure) return this.failed(name, instant, failure.reason);
      run.confirmedAt = this.now();
      this.lastTickAt = run.confirmedAt;
      this.events.emit({ event: 'schedule.ticked', schedule: name, instant, lateMs: Math.max(0, now - instant) });
    });
  }

  private failed(schedule: string, instant: number, reason: string): void {
    this.events.emit({ event: 'schedule.failed', schedule, instant, reason });
  }
}

const TIMING = ['revision', 'cron', 'timeZone', 'everyMs', 'anchor', 'startAt', 'endAt'] as const;

const isSame = (one: ScheduleEntry, other: ScheduleEntry): boolean => TIMING.every((key) => one[key] === other[key]);
