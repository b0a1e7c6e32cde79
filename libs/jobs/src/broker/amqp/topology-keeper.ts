import { BrokerError } from '../../contracts/errors';
import { type TopologyPlan, mergePlans } from '../../topology/plan';
import { applyPlan } from './apply-plan';
import { isLoss } from './broker-error';
import type { Link } from './link';
import type { ResolvedAmqpOptions } from './options';
import { pause } from '../../lifecycle/pause';
import { reasonOf } from '../../contracts/reason';

/** A connection that ends each time the plan is applied is ended by the plan. */
const MOST_LOSSES = 5;
const PAUSE_MS = 100;

/** Applies plans, and all of them again after each reconnect: a broker may come back empty. */
export class TopologyKeeper {
  private plan: TopologyPlan = { exchanges: [], queues: [], bindings: [] };
  private current: Promise<void> = Promise.resolve();
  private repairing: Promise<void> | undefined;

  constructor(
    private readonly link: Link,
    private readonly options: ResolvedAmqpOptions,
    private readonly signal: AbortSignal,
    private readonly lastError: () => string | undefined,
  ) {}

  /** Resolves when what is being applied has been, well or not. Never rejects. */
  ready(): Promise<void> {
    return this.current;
  }

  /** From now on every new connection begins with the plan; the first to hear of it, so that no consumer comes before. */
  watch(): void {
    let seen: unknown;
    this.link.onChange(() => {
      const { model } = this.link;
      if (!model || model === seen) return;
      seen = model;
      if (this.plan.queues.length + this.plan.exchanges.length > 0) void this.repair();
    });
  }

  /** Applies everything anew. Never rejects: what fails is stated as an event. */
  repair(): Promise<void> {
    this.repairing ??= this.applyAll().finally(() => (this.repairing = undefined));
    return (this.current = this.repairing);
  }

  /**
   * Channels wait for it: what was published before the first connection must find its queue.
   * @throws BrokerError
   */
  apply(plan: TopologyPlan): Promise<void> {
    const applied = this.applyWhenUp(plan);
    this.current = Promise.allSettled([this.current, applied]).then(() => undefined);
    return applied;
  }

  private async applyWhenUp(plan: TopologyPlan): Promise<void> {
    for (let losses = 0; losses < MOST_LOSSES; losses += 1) {
      const model = await this.link.whenUp(this.signal);
      if (!model) throw new BrokerError('client_stopped', 'The broker was stopped before the topology was applied');
      try {
        this.report(await applyPlan(model, plan));
        this.plan = mergePlans([this.plan, plan]);
        return;
      } catch (error) {
        if (!isLoss(error)) throw error;
        await pause(this.options.clock, PAUSE_MS, this.signal);
      }
    }
    throw new BrokerError(
      'broker_unreachable',
      `The connection ended ${MOST_LOSSES} times while the topology was applied: ${this.lastError() ?? 'no reason given'}`,
      {
        hint: 'See the log of the broker for what it refuses.',
      },
    );
  }

  private async applyAll(): Promise<void> {
    const { model } = this.link;
    if (!model) return;
    try {
      this.report(await applyPlan(model, this.plan));
    } catch (error) {
      // After a loss the next connection applies it again.
      if (!isLoss(error)) this.report([reasonOf(error)]);
    }
  }

  private report(differences: string[]): void {
    for (const difference of differences) this.options.events.emit({ event: 'topology.drifted', difference });
  }
}
