import type { EventBus } from '@scutwork/jobs';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { TickerService } from './ticker.service';

const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

/** How this scheduler ticks. What became of the moments, the producer tells. */
export function tickerMetrics(registry: Registry, events: EventBus, ticker: TickerService): void {
  const registers = [registry];
  const ticks = new Counter({
    ...{ name: 'scutwork_scheduler_ticks_total', help: 'Moments told to the ledger, or not', labelNames: ['result'] },
    registers,
  });
  const late = new Histogram({
    ...{ name: 'scutwork_scheduler_tick_late_seconds', help: 'From a moment until it was told', registers },
    buckets: BUCKETS_SECONDS,
  });
  for (const result of ['told', 'failed']) ticks.inc({ result }, 0);
  events.on('schedule.ticked', ({ lateMs }) => {
    ticks.inc({ result: 'told' });
    late.observe(lateMs / 1_000);
  });
  events.on('schedule.failed', () => ticks.inc({ result: 'failed' }));
  gauge('scutwork_scheduler_schedules', 'Schedules that it ticks', () => ticker.figures().schedules);
  gauge('scutwork_scheduler_ticking', '1 while it knows what is in force and a ledger listens', () =>
    Number(ticker.figures().ticking),
  );
  gauge('scutwork_scheduler_late', 'Schedules due for more than 5 s, and not told', () => ticker.figures().lateCount);
  gauge('scutwork_scheduler_last_tick_timestamp_seconds', 'When it told a moment last; 0 before the first', () => {
    return (ticker.figures().lastTickAt ?? 0) / 1_000;
  });

  function gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(value());
      },
    });
  }
}
