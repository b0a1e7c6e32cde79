import type { BindingPlan, ExchangePlan, QueuePlan, TopologyPlan } from './plan';

interface Table {
  title: string;
  head: string[];
  rows: string[][];
}

/** The plan as tables of text, as `npm run topology` prints it. */
export function describePlan(plan: TopologyPlan): string {
  return tablesOf(plan).map(asText).join('\n\n');
}

/** The plan as tables of Markdown, as the reference page shows it. */
export function planAsMarkdown(plan: TopologyPlan): string {
  return tablesOf(plan).map(asMarkdown).join('\n\n');
}

/** One difference between two plans. `field` is missing where the whole thing is there in one of them alone. */
export interface PlanDifference {
  what: 'exchange' | 'queue' | 'binding';
  name: string;
  field?: string;
  before: string | number | boolean | undefined;
  after: string | number | boolean | undefined;
}

/**
 * What must change to get from one plan to the other. What something is for does not count.
 *
 * @example
 * for (const difference of diffPlans(before, after)) console.log(describeDifference(difference));
 */
export function diffPlans(before: TopologyPlan, after: TopologyPlan): PlanDifference[] {
  return [
    ...diffThings('exchange', factsOf(before.exchanges, exchangeFacts), factsOf(after.exchanges, exchangeFacts)),
    ...diffThings('queue', factsOf(before.queues, queueFacts), factsOf(after.queues, queueFacts)),
    ...diffThings('binding', bindingNames(before), bindingNames(after)),
  ];
}

/** `+` for what is new, `-` for what is gone, `~` for what is otherwise. */
export function describeDifference({ what, name, field, before, after }: PlanDifference): string {
  if (field !== undefined) return `~ ${what} ${name}: ${field} ${before ?? '(none)'} -> ${after ?? '(none)'}`;
  return `${before === undefined ? '+' : '-'} ${what} ${name}`;
}

type Facts = ReadonlyMap<string, QueuePlan['arguments'][string]>;

const exchangeFacts = (exchange: ExchangePlan): Facts =>
  new Map([['type', exchange.type], ...(exchange.alternate ? [['alternate', exchange.alternate] as const] : [])]);
const queueFacts = (queue: QueuePlan): Facts => new Map(Object.entries(queue.arguments));

function factsOf<T extends { name: string }>(things: readonly T[], facts: (thing: T) => Facts): Map<string, Facts> {
  return new Map(things.map((thing) => [thing.name, facts(thing)]));
}

function bindingNames(plan: TopologyPlan): Map<string, Facts> {
  return new Map(plan.bindings.map((b) => [`${b.from} -> ${b.toKind} ${b.to} by "${conditionOf(b)}"`, new Map()]));
}

function diffThings(
  what: PlanDifference['what'],
  before: ReadonlyMap<string, Facts>,
  after: ReadonlyMap<string, Facts>,
): PlanDifference[] {
  return unionOf(before, after).flatMap((name): PlanDifference[] => {
    const [old, wanted] = [before.get(name), after.get(name)];
    if (!old || !wanted) return [{ what, name, before: old && name, after: wanted && name }];
    return unionOf(old, wanted)
      .filter((field) => old.get(field) !== wanted.get(field))
      .map((field) => ({ what, name, field, before: old.get(field), after: wanted.get(field) }));
  });
}

function unionOf(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])];
}

function tablesOf(plan: TopologyPlan): Table[] {
  return [
    {
      title: `Exchanges (${plan.exchanges.length})`,
      head: ['name', 'type', 'alternate', 'purpose'],
      rows: plan.exchanges.map((e) => [e.name, e.type, e.alternate ?? '', e.purpose]),
    },
    {
      title: `Queues (${plan.queues.length})`,
      head: ['name', 'purpose', 'arguments'],
      rows: plan.queues.map((queue) => [queue.name, queue.purpose, argumentsOf(queue)]),
    },
    {
      title: `Bindings (${plan.bindings.length})`,
      head: ['from exchange', 'to', 'key or header'],
      rows: plan.bindings.map((b) => [b.from, targetOf(b), conditionOf(b)]),
    },
  ];
}

const argumentsOf = (queue: QueuePlan): string =>
  Object.entries(queue.arguments)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

const targetOf = (binding: BindingPlan): string => `${binding.toKind} ${binding.to}`;

/** What a message must have to take it: a key, or at a headers exchange a header. */
const conditionOf = ({ key, header }: BindingPlan): string => (header === undefined ? key : `${header}=true`);

function asText({ title, head, rows }: Table): string {
  const widths = widthsOf([head, ...rows]);
  const line = (cells: string[]): string => padded(cells, widths).join('  ').trimEnd();
  return [title, line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function asMarkdown({ title, head, rows }: Table): string {
  const body = rows.map((row) => row.map((cell, column) => (isProse(head[column]) ? cell : asCode(cell))));
  const widths = widthsOf([head, ...body]);
  const line = (cells: string[]): string => `| ${padded(cells, widths).join(' | ')} |`;
  return [`## ${title}`, '', line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

function widthsOf(rows: string[][]): number[] {
  return (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
}

const padded = (cells: string[], widths: number[]): string[] =>
  cells.map((cell, column) => cell.padEnd(widths[column] ?? 0));

const isProse = (column: string | undefined): boolean => column === 'purpose' || column === 'type';
const asCode = (cell: string): string => (cell === '' ? '' : `\`${cell}\``);
