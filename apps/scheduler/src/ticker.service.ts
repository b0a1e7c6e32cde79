import { Inject, Injectable, OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import {
  type Broker,
  ControlStream,
  EventBus,
  type Names,
  Ticker,
  type TickerHealth,
  systemClock,
} from '@scutwork/jobs';
import { JOBS_BROKER } from '@scutwork/jobs/nest';

/** Token of what this scheduler is called, under which names, and whether it ticks. */
export const TICKING = Symbol('ticking');

export interface Ticking {
  by: string;
  names: Names;
  /** False: recurring jobs are switched off. */
  recurring: boolean;
}

/** What health says of a part. */
type Health = Record<'schedules', { status: 'up' | 'down' } & Record<string, unknown>>;

/** Ticks from the end of the boot to the beginning of the end. */
@Injectable()
export class TickerService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly control: ControlStream;
  private readonly ticker: Ticker;

  constructor(
    @Inject(TICKING) private readonly ticking: Ticking,
    @Inject(JOBS_BROKER) broker: Broker,
    events: EventBus,
  ) {
    const { by, names } = ticking;
    this.control = new ControlStream({ broker, names, events, clock: systemClock });
    this.ticker = new Ticker({ control: this.control, publisher: broker.publisher(), by, names, events });
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.ticking.recurring) return;
    await this.control.start();
    await this.ticker.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.ticker.stop();
    await this.control.stop();
  }

  /** Each schedule with its next moment, and the last one that it has told. */
  schedules(): { name: string; next: string | undefined; last: string | undefined }[] {
    return this.ticker.schedules().map(({ name, next, last }) => ({ name, next: iso(next), last: iso(last) }));
  }

  /** How it ticks, in numbers. */
  figures(): TickerHealth {
    return this.ticker.health();
  }

  /** Up as long as it does its part: without a ledger there is nothing to tick, and the broker has a word of its own. */
  health(): Health {
    if (!this.ticking.recurring) return { schedules: { status: 'up', state: 'switched off', schedules: 0 } };
    const { state, late, lateCount: _, lastTickAt, ...rest } = this.ticker.health();
    const status = state === 'running' ? 'up' : 'down';
    const told = { state, standing: this.control.standing, ...rest, lastTick: iso(lastTickAt) };
    return { schedules: { status, ...told, late: late.map(({ name, dueAt }) => ({ name, due: iso(dueAt) })) } };
  }
}

const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());
