import type { Clock } from '../../lifecycle/clock';

interface Alarm {
  dueMs: number;
  action: () => void;
  takeBack?: () => void;
}

/**
 * The clock of a world. It keeps the process alive only while somebody is connected: meanwhile its alarms are parked,
 * and those that came due ring when the next one connects. Waits may be longer than Node's timers take.
 */
export class WorldClock implements Clock {
  private readonly alarms = new Set<Alarm>();
  private awake = false;

  constructor(private readonly clock: Clock) {}

  now(): number {
    return this.clock.now();
  }

  after(delayMs: number, action: () => void): () => void {
    const alarm: Alarm = { dueMs: this.now() + delayMs, action };
    this.alarms.add(alarm);
    if (this.awake) this.set(alarm);
    return () => {
      this.alarms.delete(alarm);
      alarm.takeBack?.();
    };
  }

  wake(): void {
    if (this.awake) return;
    this.awake = true;
    for (const alarm of this.alarms) this.set(alarm);
  }

  sleep(): void {
    this.awake = false;
    for (const alarm of this.alarms) alarm.takeBack?.();
  }

  private set(alarm: Alarm): void {
    alarm.takeBack = this.clock.after(Math.max(0, alarm.dueMs - this.now()), () => {
      if (this.now() < alarm.dueMs) return this.set(alarm);
      this.alarms.delete(alarm);
      alarm.action();
    });
  }
}
