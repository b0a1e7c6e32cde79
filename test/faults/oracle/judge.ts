import { duplicates } from './duplicates';
import type { Evidence } from './evidence';
import type { Finding } from './finding';
import { knownFrom } from './known';
import { attempts } from './rules/attempts';
import { caps } from './rules/caps';
import { finalState } from './rules/final-state';
import { leftovers } from './rules/leftovers';
import { notStarted } from './rules/not-started';
import { pauses } from './rules/pauses';
import { ticks } from './rules/ticks';
import { unique } from './rules/unique';

const RULES = [finalState, attempts, notStarted, pauses, unique, ticks, caps, leftovers];

export interface Judgement {
  lost: Finding[];
  wrong: Finding[];
  /** Runs beyond the first of an attempt, by cause. */
  duplicates: Map<string, number>;
}

/** Compares what was promised with what happened. Pure: it knows nothing but the evidence. */
export function judge(evidence: Evidence): Judgement {
  const known = knownFrom(evidence);
  const findings = RULES.flatMap((rule) => rule(known));
  return {
    lost: findings.filter(({ verdict }) => verdict === 'lost'),
    wrong: findings.filter(({ verdict }) => verdict === 'wrong'),
    duplicates: duplicates(known),
  };
}
