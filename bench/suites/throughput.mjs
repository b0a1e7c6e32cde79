import { interleave } from '../measure/rounds.mjs';
import { of } from '../report/summary.mjs';
import { decimals, printTable, whole } from '../report/table.mjs';

/** Runs `measure(contestant)` interleaved, and tells each round as it comes. */
export function throughputRounds(contestants, rounds, measure) {
  return interleave(contestants, rounds, measure, ({ round, contestant, result }) =>
    console.log(`  round ${round}  ${contestant.title.padEnd(42)} ${whole(result.perSecond).padStart(8)}/s`),
  );
}

/** The table of a throughput suite: median, ratios, every round, and where the processor time went. */
export function printThroughput(summary, unit, against) {
  const rounds = summary[0]?.rounds.length ?? 0;
  printTable(
    [
      unit,
      'median/s',
      ...against.map((name) => `to ${name}`),
      ...Array.from({ length: rounds }, (_, round) => `round ${round + 1}`),
      'CPU µs a job: publisher',
      'worker',
      'server',
    ],
    summary.map((row) => [
      row.title,
      whole(row.median),
      ...against.map((name) => decimals(row.ratios[name]?.median)),
      ...row.rounds.map(({ perSecond }) => whole(perSecond)),
      ...['publisher', 'worker', 'server'].map((who) => decimals(meanCpu(row.rounds, who), 1)),
    ]),
  );
}

/** The ratio of one contestant to another, or undefined when either did not take part. */
export function ratioOf(summary, name, to) {
  return of(summary, name)?.ratios[to]?.median;
}

function meanCpu(rounds, who) {
  return rounds.reduce((sum, { cpuMicrosPerJob }) => sum + (cpuMicrosPerJob[who] ?? NaN), 0) / rounds.length;
}
