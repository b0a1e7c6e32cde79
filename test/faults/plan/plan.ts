import { type FaultName, LANES, type Lane, faultNames, faultTimes } from './fault-names';
import { Seeded } from './seeded';

/** One moment of a plan. */
export interface Strike {
  /** Since the load began. */
  atMs: number;
  lastsMs: number;
  fault: FaultName;
  /** What else the fault decides, such as which of the workers. */
  seed: number;
}

export interface PlanOptions {
  seed: number;
  minutes: number;
  /** Faults to choose from. Default all that fit into the time. */
  only?: readonly FaultName[];
  /** Whether there are three nodes to strike. Default false. */
  cluster?: boolean;
  /** Most seconds between two faults of a lane. Default {@link USUAL_GAP}. */
  gap?: number;
}

/** Least time between two faults of a lane. */
const LEAST_GAP_MS = 800;
/** Most seconds between two faults of a lane, unless otherwise asked for. */
export const USUAL_GAP = 2.5;
/** The last moments are for no new fault. */
const QUIET_MS = 3_000;

/**
 * What strikes when. The same seed gives the same plan, whatever happens in the run. Every fault strikes at least once;
 * the lanes go side by side, each in an order of its own, and begin again when they are through.
 *
 * @throws RangeError when the time does not do for every fault once
 */
export function planOf({
  seed,
  minutes,
  cluster = false,
  only = fitting(minutes, cluster),
  gap = USUAL_GAP,
}: PlanOptions): Strike[] {
  const times = { endMs: minutes * 60_000 - QUIET_MS, gapMs: gap * 1_000 };
  return LANES.flatMap((lane) => planOfLane(lane, only, new Seeded(`${seed} ${lane}`), times)).sort(
    (a, b) => a.atMs - b.atMs || a.fault.localeCompare(b.fault),
  );
}

/** Those that take minutes to recover from are for long campaigns. */
function fitting(minutes: number, cluster: boolean): FaultName[] {
  return faultNames(cluster ? 'cluster' : 'single').filter((name) => (faultTimes(name).fromMinutes ?? 0) <= minutes);
}

function planOfLane(
  lane: Lane,
  only: readonly FaultName[],
  random: Seeded,
  { endMs, gapMs }: { endMs: number; gapMs: number },
): Strike[] {
  const all = only.filter((name) => faultTimes(name).lane === lane);
  if (all.length === 0) return [];
  const strikes: Strike[] = [];
  let atMs = random.between(1_000, 3_000);
  for (let round = 0; ; round++) {
    for (const fault of random.shuffled(all)) {
      const lastsMs = random.between(...faultTimes(fault).lastsMs);
      if (atMs + lastsMs > endMs) {
        if (round > 0) return strikes;
        throw new RangeError(`${Math.round(endMs / 1_000)} s are too short for every fault of the lane "${lane}"`);
      }
      strikes.push({ atMs, lastsMs, fault, seed: random.between(0, 2 ** 31) });
      atMs += lastsMs + random.between(LEAST_GAP_MS, gapMs);
    }
  }
}
