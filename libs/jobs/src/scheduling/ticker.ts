import type { JobsClient } from '../client/jobs-client';
import { ConfigurationError, JobNotAccepted } from '../contracts/errors';
import { type EventSink, silentEvents } from '../events/event-bus';
import { type Clock, systemClock } from '../lifecycle/clock';
import { DEFAULT_STOP_DEADLINE_MS, type Service, type ServiceState, type StopOptions } from '../lifecycle/service';
import type { Schedule } from './define-schedule';

export interface TickerOptions {
  schedules: readonly Schedule[];
  /** Must know the job types of the schedules. */
  client: Pick<JobsClient, 'addNamed'>;
  events?: EventSink;
  /** How late a tick may still be added, in milliseconds; an older one is missed. Default 10 minutes. */
  graceMs?: number;
  clock?: Clock;
}

/** Looked at so often: a wall clock that is set, or a machine that slept, is noticed. */
const LONGEST_NAP_MS = 10_000;
const RETRY_MS = 1_000;

/**
 * Adds the jobs of schedules when they are due. It goes from one occurrence to the next and not from timer to timer, so
 * nothing drifts. The job's id is made from schedule and moment: several replicas add the same job, not several.
 *
 * @example
 * const ticker = new Ticker({ schedules: [WeeklyReport], client });
 * await ticker.start();
 */
export class Ticker implements Service {
  private readonly runs: ScheduleRun[];
  private readonly clock: Clock;
  private current: ServiceState = 'new';

  /** @throws ConfigurationError when two schedules have one name */
  constructor(options: TickerOptions) {
    const { schedules, client, events = silentEvents, graceMs = 600_000, clock = systemClock } = options;
    refuseTwins(schedules);
    this.clock = clock;
    this.runs = schedules.map((schedule) => new ScheduleRun(schedule, { client, events, graceMs, clock }));
  }

  get state(): ServiceState {
    return this.current;
  }

  /** Ticks what is due after this moment; what was due while nothing ran is not made up for. */
  async start(): Promise<void> {
    if (this.current !== 'new') return;
    this.current = 'running';
    for (const run of this.runs) run.start();
  }

  /** Ticks no more, and waits for the tick that is being added. */
  async stop({ deadlineMs = DEFAULT_STOP_DEADLINE_MS }: StopOptions = {}): Promise<void> {
    if (this.current === 'stopped') return;
    this.current = 'stopped';
    let stopTimer: (() => void) | undefined;
    const limit = new Promise<void>((resolve) => (stopTimer = this.clock.after(deadlineMs, resolve)));
    await Promise.race([Promise.all(this.runs.map((run) => run.stop())), limit]);
    stopTimer?.();
  }

  /** Name and next moment of each schedule, in milliseconds since 1970. */
  upcoming(): { name: string; next: number | undefined }[] {
    return this.runs.map((run) => ({ name: run.schedule.name, next: run.dueAt }));
  }
}

/** One schedule on its way from occurrence to occurrence. */
class ScheduleRun {
  dueAt: number | undefined;
  private stopTimer: (() => void) | undefined;
  private wake: (() => void) | undefined;
  private stopped = false;
  private ticking: Promise<void> = Promise.resolve();

  constructor(
    readonly schedule: Schedule,
    private readonly shop: Required<Omit<TickerOptions, 'schedules'>>,
  ) {}

  start(): void {
    this.dueAt = this.schedule.next(this.shop.clock.now());
    this.ticking = this.run();
  }

  stop(): Promise<void> {
    this.stopped = true;
    this.stopTimer?.();
    this.wake?.();
    return this.ticking;
  }

  private async run(): Promise<void> {
    while (!this.stopped && this.dueAt !== undefined) {
      const leftMs = this.dueAt - this.shop.clock.now();
      if (leftMs > 0) {
        await this.nap(Math.min(leftMs, LONGEST_NAP_MS));
        continue;
      }
      await this.tick(this.dueAt);
      this.dueAt = this.schedule.next(Math.max(this.dueAt, this.shop.clock.now() - this.shop.graceMs));
    }
  }

  /** Adds the job of one occurrence; repeats with the same id until it is accepted, refused for good, or too old. */
  private async tick(instant: number): Promise<void> {
    const { events, clock, graceMs } = this.shop;
    const { name } = this.schedule;
    let reason = 'the tick came too late';
    while (!this.stopped && clock.now() - instant <= graceMs) {
      try {
        const { id } = await this.add(instant);
        events.emit({ event: 'schedule.ticked', schedule: name, instant, jobId: id });
        return;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        if (!(error instanceof JobNotAccepted)) break;
        await this.nap(RETRY_MS);
      }
    }
    events.emit({ event: 'schedule.failed', schedule: name, instant, reason });
  }

  private add(instant: number): ReturnType<JobsClient['addNamed']> {
    const { name, job, payload, options } = this.schedule;
    const id = `schedule:${name}:${new Date(instant).toISOString()}`;
    return this.shop.client.addNamed(job.type, payload, { ...options, id }, { schedule: name });
  }

  /** Ends early when the ticker is stopped. */
  private async nap(ms: number): Promise<void> {
    if (this.stopped) return;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      this.stopTimer = this.shop.clock.after(ms, resolve);
    });
  }
}

function refuseTwins(schedules: readonly Schedule[]): void {
  const names = schedules.map(({ name }) => name);
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin === undefined) return;
  throw new ConfigurationError('configuration_invalid', `Two schedules are called "${twin}"`, {
    field: twin,
    hint: 'The name tells their jobs apart: give each schedule its own.',
  });
}
