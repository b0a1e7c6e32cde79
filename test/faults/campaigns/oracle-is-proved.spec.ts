import { type CampaignOptions, runCampaign } from '../campaign';
import type { Finding } from '../oracle/finding';
import { Seeded } from '../plan/seeded';
import type { DEFECTS } from '../planted/defects';
import { type Ground, layGround } from '../stage/ground';

const CAMPAIGN_MS = 120_000;

/** A seed with which a fault of the network strikes everyone. */
const everyone = Array.from({ length: 100 }, (_, seed) => seed).find((seed) => new Seeded(seed).chance(0.3)) ?? 0;

interface Proof extends Partial<CampaignOptions> {
  defect: keyof typeof DEFECTS;
  /** What the oracle must say of it. */
  finding: Pick<Finding, 'verdict' | 'rule'>;
}

const quiet = { minutes: 0.1, plan: [], workers: 1, producers: 1, schedulers: 1, settleMs: 6_000 } as const;
const lost = { verdict: 'lost', rule: 'final state' } as const;

const proofs: Proof[] = [
  {
    defect: 'ack before confirm',
    finding: lost,
    ...{ mix: { retried: 30 }, minutes: 0.15 },
    plan: [
      { atMs: 1_000, lastsMs: 6_000, fault: 'memory-alarm', seed: 1 },
      { atMs: 5_500, lastsMs: 0, fault: 'worker-killed', seed: 1 },
    ],
  },
  { defect: 'a dropped retry', finding: lost, mix: { retried: 30 } },
  { defect: 'a record lost', finding: lost, mix: { plain: 50 } },
  { defect: 'a double tick', finding: { verdict: 'wrong', rule: 'ticks' }, mix: { plain: 1 }, schedulers: 2 },
  {
    defect: 'a cancelled job that starts',
    finding: { verdict: 'wrong', rule: 'cancel' },
    mix: { cancelled: 10 },
    settleMs: 15_000,
  },
  { defect: 'a merge rule broken', finding: lost, mix: { plain: 50 } },
  { ...returns(), defect: 'delivery limit 5', finding: { verdict: 'wrong', rule: 'final state' } },
];

/** One job runs on, and what waits behind it is returned again and again. */
function returns(): Omit<Partial<CampaignOptions>, 'defect'> {
  const cut = (n: number) => ({ atMs: 1_500 + 900 * n, lastsMs: 0, fault: 'connections-cut', seed: everyone }) as const;
  const plan = Array.from({ length: 8 }, (_, n) => cut(n));
  return { mix: { plain: 3 }, concurrency: 1, holdMs: 9_000, minutes: 0.15, settleMs: 15_000, plan };
}

describe('the oracle finds', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await layGround();
  });
  afterAll(() => ground.close());

  test.each(proofs.map((proof): [string, Proof] => [proof.defect, proof]))(
    '%s',
    async (_, { finding, ...options }) => {
      const found = await runCampaign(ground, { seed: 1, ...quiet, ...options });
      expect([...found.lost, ...found.wrong]).toContainEqual(expect.objectContaining(finding));
    },
    CAMPAIGN_MS,
  );

  test(
    'nothing where nothing is wrong, whatever strikes',
    async () => {
      const sound = await runCampaign(ground, { seed: 1, ...quiet, ...returns(), settleMs: 60_000 });
      expect([...sound.lost, ...sound.wrong]).toEqual([]);
    },
    CAMPAIGN_MS,
  );
});
