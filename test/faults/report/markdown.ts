import type { Campaign } from '../campaign';
import type { Finding } from '../oracle/finding';
import { recoveryMs } from './recovery';

const MOST_FINDINGS = 40;

/** What a campaign came to, for people. */
export function markdownOf(campaign: Campaign, broker: string): string {
  const { seed, minutes, evidence, lost, wrong, struck, leftOut, notes, settledMs } = campaign;
  const accepted = evidence.submissions.filter(({ answer }) => answer === 'accepted');
  const ticks = evidence.rows.filter(({ schedule }) => schedule !== undefined).length;
  const verdict = lost.length + wrong.length === 0 ? 'nothing lost, nothing wrong' : 'NOT CLEAN';
  return [
    `## Seed ${seed}, ${minutes} min, RabbitMQ ${broker}: ${verdict}`,
    '',
    `${accepted.length + ticks} jobs, ${struck.length} faults, ${perSecond(accepted.length, evidence)} jobs a second accepted: **${lost.length} lost, ${wrong.length} wrong**. ${settled(settledMs)}`,
    '',
    ...table(['Jobs', 'accepted', 'runs'], jobsByKind(campaign)),
    ...table(['Fault', 'times', 'median recovery', 'longest'], faultsByKind(campaign)),
    ...table(
      ['Cause of a second run', 'runs'],
      [...campaign.duplicates].map(([cause, count]) => [cause, String(count)]),
    ),
    ...[...leftOut].map(([fault, reason]) => `**Left out:** ${fault}, because ${reason}.\n`),
    ...notes.map((text) => `**Note:** ${text}.\n`),
    ...findings('Lost', lost),
    ...findings('Wrong', wrong),
  ].join('\n');
}

/** Over all the time in which anything could strike: mending may take longer than was planned. */
const perSecond = (jobs: number, { schedules: { fromMs, toMs } }: Campaign['evidence']): number =>
  Math.round((jobs * 1_000) / (toMs - fromMs));

const settled = (ms: number | undefined): string =>
  ms === undefined ? 'It never came to rest.' : `All had come to its end ${seconds(ms)} after the last fault.`;

function jobsByKind({ evidence }: Campaign): string[][] {
  const starts = new Map<string, number>();
  for (const line of evidence.runs) if (line.said === 'start') starts.set(line.id, (starts.get(line.id) ?? 0) + 1);
  const kinds = new Map<string, { jobs: number; runs: number }>();
  for (const { kind, id, answer } of evidence.submissions) {
    const counted = kinds.get(kind) ?? { jobs: 0, runs: 0 };
    if (answer === 'accepted') counted.jobs++;
    counted.runs += starts.get(id) ?? 0;
    kinds.set(kind, counted);
  }
  const ticks = evidence.rows.filter(({ schedule }) => schedule !== undefined);
  kinds.set('scheduled', { jobs: ticks.length, runs: ticks.reduce((sum, { id }) => sum + (starts.get(id) ?? 0), 0) });
  return [...kinds].map(([kind, { jobs, runs }]) => [kind, String(jobs), String(runs)]);
}

function faultsByKind({ struck, evidence }: Campaign): string[][] {
  const names = [...new Set(struck.map(({ fault }) => fault))].sort();
  return names.map((name) => {
    const all = struck.filter(({ fault }) => fault === name);
    const times = all.flatMap((one) => recoveryMs(one, evidence) ?? []).sort((a, b) => a - b);
    const [median, longest] = [times[Math.floor(times.length / 2)], times.at(-1)];
    return [
      name,
      String(all.length),
      median === undefined ? '' : seconds(median),
      longest === undefined ? '' : seconds(longest),
    ];
  });
}

function findings(title: string, all: readonly Finding[]): string[] {
  if (all.length === 0) return [];
  const lines = all
    .slice(0, MOST_FINDINGS)
    .map(({ rule, id, says }) => `- ${rule}: ${says}${id === undefined ? '' : ` (\`${id}\`)`}`);
  const more = all.length > MOST_FINDINGS ? [`- and ${all.length - MOST_FINDINGS} more`] : [];
  return [`### ${title}`, '', ...lines, ...more, ''];
}

function table(head: string[], rows: string[][]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line), ''];
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
