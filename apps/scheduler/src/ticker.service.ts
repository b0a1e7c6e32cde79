import { Inject, Injectable, OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { EventBus, JobsClient, type Schedule, Ticker } from '@scutwork/jobs';

/** Token of the schedules to tick; none when recurring jobs are switched off. */
export const SCHEDULES = Symbol('schedules');

/** What health says of a part. */
type Health = Record<'schedules', { status: 'up' | 'down' } & Record<string, unknown>>;

/** Ticks from the end of the boot to the beginning of the end. */
@Injectable()
export class TickerService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly ticker: Ticker;

  constructor(@Inject(SCHEDULES) schedules: Schedule[], client: JobsClient, events: EventBus) {
    this.ticker = new Ticker({ schedules, client, events });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.ticker.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.ticker.stop({ deadlineMs: STOPPING_MS });
  }

  /** Name and next moment of each schedule. */
  upcoming(): { name: string; next: string | undefined }[] {
    return this.ticker
      .upcoming()
      .map(({ name, next }) => ({ name, next: next === undefined ? undefined : new Date(next).toISOString() }));
  }

  health(): Health {
    const { state } = this.ticker;
    return { schedules: { status: state === 'running' ? 'up' : 'down', state, schedules: this.upcoming() } };
  }
}

/** A tick that does not get through in this time is made by the next start, or by another replica, under the same id. */
const STOPPING_MS = 3_000;
