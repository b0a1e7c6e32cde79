import type { BindingPlan, ExchangePlan } from '../../topology/plan';
import { topicMatches, wordsOf } from './topic';

interface Binding extends BindingPlan {
  words: readonly string[];
}

interface Exchange {
  plan: ExchangePlan;
  bindings: Map<string, Binding>;
}

/** What of a message decides about its way. */
export interface Routed {
  routingKey: string;
  headers?: Readonly<Record<string, unknown>>;
}

/** The exchanges and bindings of a world, and the way of a message through them. */
export class Exchanges {
  private readonly byName = new Map<string, Exchange>();

  get(name: string): ExchangePlan | undefined {
    return this.byName.get(name)?.plan;
  }

  declare(plan: ExchangePlan): void {
    if (!this.byName.has(plan.name)) this.byName.set(plan.name, { plan, bindings: new Map() });
  }

  /** Binding twice is binding once. */
  bind(binding: BindingPlan): void {
    const id = `${binding.toKind}\n${binding.to}\n${binding.key}\n${binding.header ?? ''}`;
    this.byName.get(binding.from)?.bindings.set(id, { ...binding, words: wordsOf(binding.key) });
  }

  forgetQueue(queue: string): void {
    for (const { bindings } of this.byName.values()) {
      for (const [id, binding] of bindings) {
        if (binding.toKind === 'queue' && binding.to === queue) bindings.delete(id);
      }
    }
  }

  /** Names of the queues that a message reaches, each once. Every exchange on the way is visited once. */
  route(from: string, { routingKey, headers = {} }: Routed): Set<string> {
    const words = wordsOf(routingKey);
    const queues = new Set<string>();
    const onTheWay = new Set([from]);
    // A Set that grows while it is walked: each newly reached exchange is visited too.
    for (const name of onTheWay) {
      const exchange = this.byName.get(name);
      if (!exchange) continue;
      const targets = targetsOf(exchange, routingKey, words, headers);
      for (const target of targets) (target.toKind === 'queue' ? queues : onTheWay).add(target.to);
      // A binding to an exchange is a match, even when nothing lies behind it: the alternate stays silent.
      if (targets.length === 0 && exchange.plan.alternate !== undefined) onTheWay.add(exchange.plan.alternate);
    }
    return queues;
  }
}

function targetsOf(
  { plan, bindings }: Exchange,
  routingKey: string,
  words: readonly string[],
  headers: Readonly<Record<string, unknown>>,
): Binding[] {
  const all = [...bindings.values()];
  switch (plan.type) {
    case 'fanout':
      return all;
    case 'direct':
      return all.filter((binding) => binding.key === routingKey);
    case 'headers':
      return all.filter(({ header }) => header !== undefined && headers[header] === true);
    case 'topic':
      return all.filter((binding) => topicMatches(binding.words, words));
  }
}
