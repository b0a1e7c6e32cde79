import { setTimeout as sleep } from 'node:timers/promises';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { queueOf } from '@scutwork/jobs';
import { type Havoc, carryOut } from './strike';
import { readRows, readTicks, schedulesKnown, settles, settlesWithoutWorkers, ticksUpTo } from './collect';
import { Capped, MOST_CAPPED, SCHEDULES } from './jobs';
import { Load, type LoadOptions } from './load/load';
import type { Evidence } from './oracle/evidence';
import { type Judgement, judge } from './oracle/judge';
import type { FaultName } from './plan/fault-names';
import { type Strike, planOf } from './plan/plan';
import { readRuns } from './record/read-lines';
import type { Ground } from './stage/ground';
import { depthsWithoutMarkers } from './stage/depths';
import { type Stage, type StageOptions, raiseStage } from './stage/stage';

export interface CampaignOptions extends StageOptions, Pick<LoadOptions, 'mix' | 'rate'> {
  seed: number;
  minutes: number;
  /** Faults to choose from. Default all that fit into the time. */
  only?: readonly FaultName[];
  /** Most seconds between two faults of a lane. Default that of plans. */
  gap?: number;
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

const SETTLE_MS = 300_000;
/** What was due before the last mending is decided within so long, or missing. */
const TICKS_MS = 30_000;

/** Works, breaks, mends, waits for the end, and judges. */
export async function runCampaign(ground: Ground, options: CampaignOptions): Promise<Campaign> {
  const {
    seed,
    minutes,
    only,
    plan = planOf({ seed, minutes, only, gap: options.gap, cluster: ground.cluster !== undefined }),
    say = () => undefined,
  } = options;
  const stage = await raiseStage(ground, options);
  say(`at work in ${stage.folder}`);
  try {
    const load = new Load(stage, { seed, mix: options.mix, rate: options.rate });
    await schedulesKnown(stage, Object.keys(SCHEDULES).length);
    await load.start();
    const fromMs = Date.now();
    if (options.holdMs !== undefined) load.hold(options.holdMs);
    const havoc = await carryOut(plan, { stage, load }, say);
    await sleep(Math.max(0, fromMs + minutes * 60_000 - Date.now()));
    const mendedMs = Date.now();
    say(`nothing strikes any more; ${load.book.accepted} jobs accepted`);
    await load.end(60_000);
    await ticksUpTo(stage, mendedMs, TICKS_MS);
    await load.endTicks();
    const isSettled = await endInOrder(stage, options.settleMs ?? SETTLE_MS);
    const settledMs = isSettled ? Date.now() - mendedMs : undefined;
    const evidence = await collect(stage, load, havoc, { fromMs, toMs: mendedMs });
    const judgement = judge(evidence);
    const { folder } = stage;
    if (judgement.lost.length + judgement.wrong.length === 0) rmSync(folder, { recursive: true, force: true });
    else await keepTraces(stage, evidence);
    return { ...judgement, ...havoc, seed, minutes, evidence, settledMs, folder };
  } catch (error) {
    say(`it cannot go on; what its processes wrote is kept in ${stage.folder}`);
    await keepTraces(stage);
    throw error;
  } finally {
    await stage.close();
  }
}

const ASKED = [
  ['list_queues', 'name', 'messages_ready', 'messages_unacknowledged', 'consumers', 'state'],
  ['list_connections', 'name', 'state', 'channels', 'connected_at'],
  ['list_consumers', 'queue_name', 'channel_pid', 'consumer_tag', 'active'],
  ['list_channels', 'connection', 'number', 'consumer_count', 'messages_unacknowledged', 'messages_unconfirmed'],
];

/** What each node of the broker wrote, how the broker stands, and all that was judged. */
async function keepTraces({ folder, ground: { broker, brokerFolders } }: Stage, evidence?: Evidence): Promise<void> {
  if (evidence) writeFileSync(join(folder, 'evidence.json'), JSON.stringify(evidence));
  for (const [index, from] of brokerFolders.entries())
    cpSync(join(from, 'log'), join(folder, 'logs', `broker-${index + 1}`), { recursive: true });
  const told = await Promise.allSettled(ASKED.map((command) => broker.ctl(...command)));
  const text = told.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)));
  writeFileSync(join(folder, 'logs', 'broker.txt'), text.join('\n'));
}

/** No more ticks, then all to its end, then no more workers: what they tell last is recorded too. */
async function endInOrder(stage: Stage, deadlineMs: number): Promise<boolean> {
  await leave(stage, 'scheduler');
  const isSettled = await settles(stage, deadlineMs);
  await leave(stage, 'worker');
  return isSettled && settlesWithoutWorkers(stage, 15_000);
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
    exits: stage.slots.flatMap(({ exits }) => exits),
    caps: load.isCapped ? [{ queue: queueOf(Capped.type), most: MOST_CAPPED }] : [],
    ticks: await readTicks(stage),
    schedules: { rhythms: SCHEDULES, ...times },
  };
  return evidence;
}
