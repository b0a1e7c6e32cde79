/** A day in UTC, as partitions are cut. */
export interface Day {
  /** `20300131`. */
  name: string;
  /** Milliseconds since 1970. */
  start: number;
  end: number;
}

export const DAY_MS = 24 * 3_600_000;

export function dayOf(ms: number): Day {
  const start = Math.floor(ms / DAY_MS) * DAY_MS;
  return { name: new Date(start).toISOString().slice(0, 10).replaceAll('-', ''), start, end: start + DAY_MS };
}

/** The day in the name of a partition, e.g. `logs_20300131`. Undefined for one that is not of a day. */
export function dayIn(partition: string): Day | undefined {
  const [, year, month, day] = /_(\d{4})(\d{2})(\d{2})$/.exec(partition) ?? [];
  return year === undefined ? undefined : dayOf(Date.UTC(Number(year), Number(month) - 1, Number(day)));
}
