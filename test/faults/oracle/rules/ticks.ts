import type { Rhythm } from '../../jobs';
import type { Row, Tick } from '../evidence';
import type { Finding } from '../finding';
import { type Known, grouped } from '../known';

/** What struck so shortly before may still be why nobody decided. */
const AFTERMATH_MS = 20_000;
/** As many moments of one schedule may wait for the job before them; one that comes then is skipped. */
const MOST_QUEUED = 100;

/** One schedule and all that is known of it. */
interface Schedule extends Rhythm {
  name: string;
  /** By their moment. */
  ticks: readonly Tick[];
  jobs: readonly Row[];
}

/** Every moment of a schedule is decided once, as its policy has it; where it has a job it has one, which ran. */
export function ticks(known: Known): Finding[] {
  return Object.entries(known.schedules.rhythms).flatMap(([name, rhythm]) => {
    const ofIt = ({ schedule }: { schedule?: string }): boolean => schedule === name;
    const decided = known.ticks.filter(ofIt).sort((a, b) => a.instant - b.instant);
    const schedule: Schedule = { ...rhythm, name, ticks: decided, jobs: known.rows.filter(ofIt) };
    return [decidedOnce, missed, skipped, inTurn, jobsOf]
      .flatMap((rule) => rule(schedule, known))
      .map((finding) => ({ rule: 'ticks', ...finding }));
  });
}

type Said = Omit<Finding, 'rule'>;

function decidedOnce({ name, everyMs, ticks: decided, jobs }: Schedule, { schedules }: Known): Said[] {
  const jobsAt = grouped(jobs, ({ scheduledFor }) => scheduledFor);
  const said: Said[] = [];
  for (const [instant, made] of jobsAt)
    if (made.length > 1)
      said.push(wrong(`the tick of ${at(instant)} of "${name}" made ${made.length} jobs`, made[0]?.id));
  for (const { instant, outcome, jobId } of decided) {
    const made = (jobsAt.get(instant) ?? []).some(({ id }) => id === jobId);
    const wanted = outcome === 'ran' || outcome === 'caught_up';
    if (wanted && !made) said.push(lost(`the job of the tick of ${at(instant)} of "${name}" is not known`, jobId));
    if (outcome === 'queued' || outcome === 'failed')
      said.push(lost(`the tick of ${at(instant)} of "${name}" is ${outcome}`));
    if (instant % everyMs !== 0) said.push(wrong(`"${name}" has no moment ${at(instant)}, and it is ${outcome}`));
  }
  const known = new Set(decided.map(({ instant }) => instant));
  for (let due = Math.ceil(schedules.fromMs / everyMs) * everyMs; due <= schedules.toMs; due += everyMs)
    if (!known.has(due)) said.push(lost(`the tick of ${at(due)} of "${name}" is missing`));
  return said;
}

/** What is made up for is the schedule's to say; and nothing is missed where somebody was there to decide. */
function missed(schedule: Schedule, known: Known): Said[] {
  const { name, catchUp, graceMs, ticks: decided } = schedule;
  return decided.flatMap(({ instant, outcome }, index) => {
    if (outcome === 'caught_up' && catchUp === 'skip')
      return wrong(`the tick of ${at(instant)} of "${name}" was made up for, and must not be`);
    if (outcome !== 'missed') return [];
    const next = decided[index + 1];
    const isMadeUpFor = next?.outcome === 'missed' || next?.outcome === 'caught_up';
    const isLeft = next?.outcome === 'skipped' && mayBeSkipped(next, schedule, known);
    if (catchUp === 'all' || (catchUp === 'once' && !isMadeUpFor && !isLeft))
      return lost(`the tick of ${at(instant)} of "${name}" was missed, and nothing makes up for it`);
    const hasCause = known.struck.some(
      ({ fromMs, toMs }) => fromMs <= instant + graceMs && toMs + AFTERMATH_MS >= instant,
    );
    return hasCause ? [] : wrong(`the tick of ${at(instant)} of "${name}" was missed while nothing struck`);
  });
}

/** Nothing is skipped but what comes when as many wait as may. */
function skipped(schedule: Schedule, known: Known): Said[] {
  return schedule.ticks
    .filter((tick) => tick.outcome === 'skipped' && !mayBeSkipped(tick, schedule, known))
    .map(({ instant }) =>
      lost(`the tick of ${at(instant)} of "${schedule.name}" was skipped, and had no reason to be`),
    );
}

/** As many moments before it waited then as may: their jobs began after it. */
function mayBeSkipped({ instant }: Tick, { overlap, jobs }: Schedule, { startsOf }: Known): boolean {
  const waited = jobs.filter(({ id, scheduledFor = Infinity }) => {
    const began = startsOf(id)[0]?.at ?? -Infinity;
    return scheduledFor < instant && began > instant;
  });
  return overlap === 'queue' && waited.length >= MOST_QUEUED;
}

/** Where jobs of a schedule wait for each other, none begins before the one before it has ended. */
function inTurn({ name, overlap, jobs }: Schedule, { startsOf, endsOf }: Known): Said[] {
  if (overlap !== 'queue') return [];
  const firstStart = (id: string): number => startsOf(id)[0]?.at ?? Infinity;
  const inOrder = jobs.map(({ id }) => id).sort((a, b) => firstStart(a) - firstStart(b));
  return inOrder.slice(1).flatMap((id, index) => {
    const before = inOrder[index] ?? id;
    const ended = endsOf(before).find(({ ok }) => ok)?.at ?? Infinity;
    return firstStart(id) >= ended ? [] : wrong(`a job of "${name}" began before ${before} had ended`, id);
  });
}

function jobsOf({ name, jobs }: Schedule, { endsOf }: Known): Said[] {
  return jobs.flatMap(({ id, state, scheduledFor }) => {
    if (state !== 'completed') return lost(`the job of the tick of ${at(scheduledFor)} of "${name}" is ${state}`, id);
    const ran = endsOf(id).some(({ ok }) => ok);
    return ran ? [] : wrong(`the job of the tick of ${at(scheduledFor)} of "${name}" completed and never ran`, id);
  });
}

const at = (ms: number | undefined): string => (ms === undefined ? 'an unknown moment' : new Date(ms).toISOString());
const wrong = (says: string, id?: string): Said => ({ verdict: 'wrong', says, id });
const lost = (says: string, id?: string): Said => ({ verdict: 'lost', says, id });
