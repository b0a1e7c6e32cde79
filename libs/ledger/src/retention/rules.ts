import type { FINAL_STATES } from '@scutwork/jobs';
import { DAY_MS } from './days';

type FinalState = (typeof FINAL_STATES)[number];

/** How long finished jobs are kept, where a job does not say so itself (`keepFor`). */
export interface RetentionOptions {
  /** Milliseconds since they finished, by state. Default 7 days for `completed`, 30 days for the others. */
  ageMs?: Partial<Record<FinalState, number>>;
  /** Of what handlers logged, milliseconds. Default 30 days. */
  logsMs?: number;
  /** Of who did what, milliseconds. Default 90 days. */
  auditMs?: number;
  /** Of what happened by the minute, milliseconds. Default 14 days. */
  metricsMs?: number;
  /** Less than that for some: whatever any rule gives up is removed. */
  rules?: readonly RetentionRule[];
}

/** For the jobs of a queue or a type, in a state: those that it names, all when it names none. */
export interface RetentionRule {
  queue?: string;
  type?: string;
  state?: FinalState;
  /** None longer than this, in milliseconds. */
  ageMs?: number;
  /** No more than the last so many. */
  last?: number;
}

/** Retention with nothing left open. */
export interface Retention {
  ageMs: Record<FinalState, number>;
  logsMs: number;
  auditMs: number;
  metricsMs: number;
  rules: readonly RetentionRule[];
}

const GIVEN_UP = ['dead', 'cancelled', 'expired'] as const;

export function resolveRetention({
  ageMs,
  logsMs = 30 * DAY_MS,
  auditMs = 90 * DAY_MS,
  metricsMs = 14 * DAY_MS,
  rules = [],
}: RetentionOptions = {}): Retention {
  const givenUp = { dead: 30 * DAY_MS, cancelled: 30 * DAY_MS, expired: 30 * DAY_MS };
  return { ageMs: { completed: 7 * DAY_MS, ...givenUp, ...ageMs }, logsMs, auditMs, metricsMs, rules };
}

/** The days of what was given up go with the state that is kept longest. */
export function givenUpMs({ ageMs }: Retention): number {
  return Math.max(...GIVEN_UP.map((state) => ageMs[state]));
}

/** What is to be removed row by row: the rules, and states that are kept shorter than their days are. */
export function rowRules(retention: Retention): RetentionRule[] {
  const longest = givenUpMs(retention);
  const shorter = GIVEN_UP.filter((state) => retention.ageMs[state] < longest);
  return [...shorter.map((state) => ({ state, ageMs: retention.ageMs[state] })), ...retention.rules];
}
