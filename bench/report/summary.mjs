import { median } from '../measure/statistics.mjs';

/**
 * The figures of one suite: for each contestant all its rounds, their median, and its ratio to each of `against`, which is the
 * median of the ratios within each round.
 */
export function summarize(results, contestants, { figure, against = [] }) {
  return contestants
    .filter(({ name }) => results[name]?.length > 0)
    .map((contestant) => ({
      name: contestant.name,
      title: contestant.title,
      median: median(results[contestant.name].map(figure)),
      ratios: Object.fromEntries(
        against
          .filter((name) => results[name]?.length > 0)
          .map((name) => [name, ratio(results[contestant.name], results[name], figure)]),
      ),
      rounds: results[contestant.name],
    }));
}

function ratio(own, others, figure) {
  const rounds = own.map((result, round) => figure(result) / figure(others[round]));
  return { median: median(rounds), rounds };
}

/** A floor: `got` against `wanted`. Without a figure (a contestant was left out) it was not measured. */
export function floor(claim, got, wanted) {
  return { claim, wanted, got: got ?? null, met: got === undefined ? null : got >= wanted };
}

/** A ceiling: `got` must be `allowed` at most. */
export function ceiling(claim, got, allowed) {
  const measured = got !== undefined && allowed !== undefined;
  return { claim, allowed: allowed ?? null, got: got ?? null, met: measured ? got <= allowed : null };
}

/** Finds a contestant's summary, or undefined when it did not take part. */
export function of(summary, name) {
  return summary.find((row) => row.name === name);
}
