import { BrokerError } from '../../contracts/errors';
import { type TopologyPlan, mergePlans } from '../../topology/plan';
import { applyPlan } from './apply-plan';
import { isLoss, isPassing } from './broker-error';
import type { Link } from './link';
import type { ResolvedAmqpOptions } from './options';
import { pause } from '../../lifecycle/pause';
import { reasonOf } from '../../contracts/reason';

/** A connection that ends each time the plan is applied is ended by the plan. */
const MOST_TRIES = 5;
/** After the first try, in milliseconds; after each further one twice as long. */
const FIRST_PAUSE_MS = 100;

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
    let failure: unknown;
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const model = await this.link.whenUp(this.signal);
      if (!model) throw new BrokerError('client_stopped', 'The broker was stopped before the topology was applied');
      try {
        this.report(await applyPlan(model, plan));
        this.plan = mergePlans([this.plan, plan]);
        return;
      } catch (error) {
        if (!isPassing(error)) throw error;
        failure = error;
        await this.pauseAfter(tries);
      }
    }
    if (failure instanceof BrokerError) throw failure;
    throw new BrokerError(
      'broker_unreachable',
      `The connection ended ${MOST_TRIES} times while the topology was applied: ${this.lastError() ?? 'no reason given'}`,
      {
        hint: 'See the log of the broker for what it refuses.',
      },
    );
  }

  private async applyAll(): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      const { model } = this.link;
      if (!model) return;
      try {
        return this.report(await applyPlan(model, this.plan));
      } catch (error) {
        // After a loss the next connection applies it again.
        if (isLoss(error)) return;
        if (!isPassing(error) || tries + 1 >= MOST_TRIES) return this.report([reasonOf(error)]);
      }
      await this.pauseAfter(tries);
    }
  }

  private pauseAfter(tries: number): Promise<void> {
    return pause(this.options.clock, FIRST_PAUSE_MS * 2 ** tries, this.signal);
  }

  private report(differences: string[]): void {
    for (const difference of differences) this.options.events.emit({ event: 'topology.drifted', difference });
  }
}
