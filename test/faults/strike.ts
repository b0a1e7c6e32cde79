import { setTimeout as sleep } from 'node:timers/promises';
import { faultOf } from './faults';
import type { Scene } from './faults/fault';
import type { Struck } from './oracle/evidence';
import { LANES, faultTimes } from './plan/fault-names';
import type { Strike } from './plan/plan';
import { Seeded } from './plan/seeded';

/** What a plan came to. */
export interface Havoc {
  struck: Struck[];
  /** Faults that cannot strike on this ground, and why. */
  leftOut: Map<string, string>;
  notes: string[];
}

/** Carries a plan out: the faults of a lane one after the other, never before their moment. */
export async function carryOut(
  plan: readonly Strike[],
  scene: Omit<Scene, 'random' | 'note'>,
  say: (line: string) => void,
) {
  const havoc: Havoc = { struck: [], leftOut: new Map(), notes: [] };
  const beganMs = Date.now();
  const turn = new Turns();
  const lanes = LANES.map(async (lane) => {
    for (const strike of plan.filter(({ fault }) => faultTimes(fault).lane === lane)) {
      const waitMs = beganMs + strike.atMs - Date.now();
      if (waitMs > 0) await sleep(waitMs);
      // Two at once may be of any lane.
      const taken = strike.fault === 'two-at-once' ? LANES : [lane];
      await turn.take(taken, () => strikeOnce(strike, scene, havoc, say));
    }
  });
  await Promise.all(lanes);
  return havoc;
}

async function strikeOnce(
  { fault, lastsMs, seed }: Strike,
  scene: Omit<Scene, 'random' | 'note'>,
  { struck, leftOut, notes }: Havoc,
  say: (line: string) => void,
): Promise<void> {
  const { impossible, strike } = faultOf[fault];
  const reason = impossible?.(scene.stage);
  if (reason !== undefined) {
    leftOut.set(fault, reason);
    return say(`${fault} is LEFT OUT: ${reason}`);
  }
  const fromMs = Date.now();
  const note = (text: string): void => {
    notes.push(text);
    say(`NOTE: ${text}`);
  };
  const { whom, heal } = await strike({ ...scene, random: new Seeded(seed), note });
  say(`${fault} (${whom})`);
  await sleep(lastsMs);
  await heal();
  struck.push({ fault, whom, fromMs, toMs: Date.now() });
}

/** Whoever takes several lanes waits until all are free, and is not overtaken. */
class Turns {
  private last = new Map<string, Promise<void>>();

  async take(lanes: readonly string[], work: () => Promise<void>): Promise<void> {
    const before = lanes.flatMap((lane) => this.last.get(lane) ?? []);
    const done = Promise.all(before).then(work);
    // Its failure is the campaign's; whoever comes next only waits for its end.
    const ended = done.catch(() => undefined);
    for (const lane of lanes) this.last.set(lane, ended);
    await done;
  }
}
