import { setTimeout as sleep } from 'node:timers/promises';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Havoc, carryOut } from './strike';
import { readRows, settles } from './collect';
import { SCHEDULES } from './jobs';
import { Load, type LoadOptions } from './load/load';
import type { Evidence } from './oracle/evidence';
import { type Judgement, judge } from './oracle/judge';
import type { FaultName } from './plan/fault-names';
import { type Strike, planOf } from './plan/plan';
import { readRuns } from './record/read-lines';
import type { Ground } from './stage/ground';
import { depthsWithoutMarkers } from './stage/depths';
import { type Stage, type StageOptions, raiseStage } from './stage/stage';

export interface CampaignOptions extends StageOptions, Pick<LoadOptions, 'mix'> {
  seed: number;
  minutes: number;
  /** Faults to choose from. Default all that fit into the time. */
  only?: readonly FaultName[];
  /** In place of the plan of the seed. */
  plan?: readonly Strike[];
  /** How long it may take until all has come to its end, when nothing strikes any more. Default 5 minutes. */
  settleMs?: number;
  /** A job that holds its delivery so long is there from the beginning. Default none. */
  holdMs?: number;
  say?: (line: string) => void;
}

export interface Campaign extends Judgement, Havoc {
  seed: number;
  minutes: number;
  evidence: Evidence;
  /** From the last mending until all had come to its end; undefined when it never did. */
  settledMs: number | undefined;
  /** Logs of the processes and what they wrote: kept when something is lost or wrong. */
  folder: string;
}

/** RabbitMQ repeats a dead-lettering that was not confirmed after three minutes: what was in the ladder when it fell may be late. */
const SETTLE_MS = 300_000;

/** Works, breaks, mends, waits for the end, and judges. */
export async function runCampaign(ground: Ground, options: CampaignOptions): Promise<Campaign> {
  const {
    seed,
    minutes,
    only,
    plan = planOf({ seed, minutes, only, cluster: ground.cluster !== undefined }),
    say = () => undefined,
  } = options;
  const stage = await raiseStage(ground, options);
  say(`at work in ${stage.folder}`);
  try {
    const load = new Load(stage, { seed, mix: options.mix });
    const fromMs = Date.now();
    await load.start();
    if (options.holdMs !== undefined) load.hold(options.holdMs);
    const havoc = await carryOut(plan, { stage, load }, say);
    await sleep(Math.max(0, fromMs + minutes * 60_000 - Date.now()));
    const mendedMs = Date.now();
    say(`nothing strikes any more; ${load.book.accepted} jobs accepted`);
    await load.end(60_000);
    const isSettled = await endInOrder(stage, options.settleMs ?? SETTLE_MS);
    const settledMs = isSettled ? Date.now() - mendedMs : undefined;
    const evidence = await collect(stage, load, havoc, { fromMs, toMs: mendedMs });
    const judgement = judge(evidence);
    const { folder } = stage;
    if (judgement.lost.length + judgement.wrong.length === 0) rmSync(folder, { recursive: true, force: true });
    else keepLogs(ground, folder);
    return { ...judgement, ...havoc, seed, minutes, evidence, settledMs, folder };
  } catch (error) {
    keepLogs(ground, stage.folder);
    say(`it failed; what its processes wrote is kept in ${stage.folder}`);
    throw error;
  } finally {
    await stage.close();
  }
}

function keepLogs({ brokerFolders }: Ground, folder: string): void {
  for (const [index, from] of brokerFolders.entries())
    cpSync(join(from, 'log'), join(folder, 'logs', `broker-${index + 1}`), { recursive: true });
}

/** No more ticks, then all to its end, then no more workers: what they tell last is recorded too. */
async function endInOrder(stage: Stage, deadlineMs: number): Promise<boolean> {
  await leave(stage, 'scheduler');
  const isSettled = await settles(stage, deadlineMs);
  await leave(stage, 'worker');
  return isSettled && settles(stage, 15_000);
}

async function leave(stage: Stage, role: 'scheduler' | 'worker'): Promise<void> {
  const slots = stage.of(role);
  for (const slot of slots) slot.signal('SIGTERM');
  await Promise.all(slots.map((slot) => slot.ended()));
}

async function collect(stage: Stage, load: Load, { struck }: Havoc, times: { fromMs: number; toMs: number }) {
  const evidence: Evidence = {
    submissions: load.book.submissions,
    pauses: load.pauses,
    struck,
    runs: readRuns(join(stage.folder, 'runs')),
    rows: await readRows(stage),
    depths: await depthsWithoutMarkers(stage),
    spans: stage.slots.flatMap(({ spans }) => spans),
    crashes: stage.slots.flatMap(({ crashes }) => crashes),
    schedules: { everyMs: SCHEDULES, ...times },
  };
  return evidence;
}
