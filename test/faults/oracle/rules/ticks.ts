import type { Row } from '../evidence';
import type { Finding } from '../finding';
import { type Known, grouped } from '../known';

/** One process must have been at work from a moment before the tick until so long after it: the broker may have been away. */
const BEFORE_MS = 1_500;
const AFTER_MS = 15_000;

/** Every tick that somebody was there to make is one job, and it completed. */
export function ticks(known: Known): Finding[] {
  const { everyMs } = known.schedules;
  return Object.entries(everyMs).flatMap(([schedule, ms]) => judge(schedule, ms, known));
}

function judge(schedule: string, everyMs: number, known: Known): Finding[] {
  const made = grouped(
    known.rows.filter((row) => row.schedule === schedule),
    instantOf,
  );
  const findings: Finding[] = [];
  for (const [instant, rows] of made) {
    if (rows.length > 1)
      findings.push({
        ...wrong(`the tick of ${iso(instant)} of "${schedule}" made ${rows.length} jobs`),
        id: rows[0]?.id,
      });
    for (const row of rows.filter(({ state }) => state !== 'completed'))
      findings.push({
        ...wrong(`the tick of ${iso(instant)} of "${schedule}" is ${row.state}`),
        verdict: 'lost',
        id: row.id,
      });
  }
  for (const instant of dueOf(everyMs, known))
    if (!made.has(instant))
      findings.push({ ...wrong(`the tick of ${iso(instant)} of "${schedule}" is missing`), verdict: 'lost' });
  return findings;
}

/** The id of a tick's job is made from its instant. */
function instantOf({ key = '' }: Row): number {
  return Date.parse(/\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(key)?.[0] ?? '');
}

function dueOf(everyMs: number, { schedules: { fromMs, toMs }, spans }: Known): number[] {
  const first = Math.ceil(fromMs / everyMs) * everyMs;
  const all = Array.from(
    { length: Math.max(0, Math.floor((toMs - first) / everyMs) + 1) },
    (_, n) => first + n * everyMs,
  );
  const schedulers = spans.filter(({ role }) => role === 'scheduler');
  return all.filter((at) => schedulers.some((span) => span.fromMs <= at - BEFORE_MS && span.toMs >= at + AFTER_MS));
}

const iso = (ms: number): string => (Number.isNaN(ms) ? 'an unknown moment' : new Date(ms).toISOString());
const wrong = (says: string): Finding => ({ verdict: 'wrong', rule: 'ticks', says });
