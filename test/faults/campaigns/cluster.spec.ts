import { runCampaign } from '../campaign';
import type { FaultName } from '../plan/fault-names';
import type { Strike } from '../plan/plan';
import { markdownOf } from '../report/markdown';
import { brokerVersion } from '../stage/broker-version';
import { type Ground, layGround } from '../stage/ground';

/** One after the other, as soon as the one before is mended. */
const FAULTS: readonly FaultName[] = ['leader-killed', 'node-partitioned', 'nodes-rolled'];
const plan = FAULTS.map((fault, index): Strike => ({ fault, atMs: 1_500, lastsMs: 3_000, seed: index }));

/** Fewer than in a long run: three nodes, and what is between them, share one machine with all that they serve. */
const MIX = { plain: 25, retried: 5, dead: 1, delayed: 5, expiring: 1, unique: 2, cancelled: 2, moved: 2, paused: 2 };

describe('three nodes', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await layGround({ cluster: true });
  }, 180_000);
  afterAll(() => ground.close());

  test('of which one is killed, cut off, restarted, lose nothing', async () => {
    const beganMs = Date.now();
    const say = (line: string): void =>
      void process.stdout.write(`${Math.round((Date.now() - beganMs) / 1_000)} s  ${line}\n`);
    const campaign = await runCampaign(ground, { seed: 1, minutes: 0.1, plan, workers: 2, mix: MIX, say });
    say(`\n${markdownOf(campaign, `${await brokerVersion(ground.broker)}, three nodes`)}`);
    expect([...campaign.lost, ...campaign.wrong]).toEqual([]);
    expect(campaign.struck.map(({ fault }) => fault)).toEqual(FAULTS);
  }, 480_000);
});
