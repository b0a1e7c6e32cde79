import { type Campaign, type CampaignOptions, runCampaign } from '../campaign';
import type { Finding } from '../oracle/finding';
import { Seeded } from '../plan/seeded';
import type { DEFECTS } from '../planted/defects';
import { type Ground, layGround } from '../stage/ground';

const CAMPAIGN_MS = 180_000;

/** A seed with which a fault of the network strikes everyone. */
const everyone = Array.from({ length: 100 }, (_, seed) => seed).find((seed) => new Seeded(seed).chance(0.3)) ?? 0;

interface Proof extends Partial<CampaignOptions> {
  defect: keyof typeof DEFECTS;
  /** What the oracle must say of it. */
  finding: Pick<Finding, 'verdict' | 'rule'>;
}

const quiet = { minutes: 0.1, plan: [], workers: 1, producers: 1, schedulers: 1, settleMs: 8_000 } as const;
const lost = { verdict: 'lost', rule: 'final state' } as const;
const ticks = { rule: 'ticks' } as const;

/** Its fault strikes at the broker, and so at whoever else is there. */
const alone: Proof = {
  defect: 'ack before confirm',
  finding: lost,
  ...{ mix: { retried: 30 }, minutes: 0.15 },
  plan: [
    { atMs: 1_000, lastsMs: 6_000, fault: 'memory-alarm', seed: 1 },
    { atMs: 5_500, lastsMs: 0, fault: 'worker-killed', seed: 1 },
  ],
};

const sideBySide: Proof[] = [
  { ...returns(), defect: 'delivery limit 5', finding: { verdict: 'wrong', rule: 'final state' } },
  {
    defect: 'a cancelled job that starts',
    finding: { verdict: 'wrong', rule: 'cancel' },
    ...{ mix: { cancelled: 10 }, settleMs: 15_000 },
  },
  { defect: 'a dropped retry', finding: lost, mix: { retried: 30 } },
  { defect: 'a record lost', finding: lost, mix: { plain: 50 } },
  { defect: 'a double tick', finding: { ...ticks, verdict: 'wrong' }, mix: { plain: 1 }, schedulers: 2 },
  { defect: 'a missed tick', finding: { ...ticks, verdict: 'lost' }, mix: { plain: 1 } },
  { defect: 'a merge rule broken', finding: lost, mix: { plain: 50 } },
  {
    defect: 'a cap that is not heeded',
    finding: { verdict: 'wrong', rule: 'cap' },
    ...{ mix: { capped: 40 }, workers: 2 },
  },
];
const MOST_SIDE_BY_SIDE = 4;

/** One job runs on, and what waits behind it is returned again and again. */
function returns(): Omit<Partial<CampaignOptions>, 'defect'> {
  const cut = (n: number) =>
    ({ atMs: 1_500 + 2_500 * n, lastsMs: 0, fault: 'connections-cut', seed: everyone }) as const;
  const plan = Array.from({ length: 8 }, (_, n) => cut(n));
  return { mix: { plain: 3 }, concurrency: 1, holdMs: 24_000, minutes: 0.4, settleMs: 15_000, plan };
}

/** All that was planted, with nothing planted. */
const sound: Partial<CampaignOptions> = {
  ...{ ...returns(), workers: 2, schedulers: 2, settleMs: 60_000 },
  mix: { plain: 20, retried: 10, cancelled: 5, capped: 5 },
};

/** One after the other at each place, so many side by side. */
function inPlaces<T>(work: readonly (() => Promise<T>)[], places: number): Promise<T>[] {
  const last: Promise<unknown>[] = Array.from({ length: places }, () => Promise.resolve());
  return work.map((begin, index) => {
    const done = Promise.resolve(last[index % places]).then(begin);
    // Whoever waits for it is told that it failed.
    last[index % places] = done.catch(() => undefined);
    return done;
  });
}

describe('the oracle finds', () => {
  let ground: Ground;
  let campaigns: Promise<Campaign>[] | undefined;

  const run = (options: Partial<CampaignOptions>): Promise<Campaign> =>
    runCampaign(ground, { seed: 1, ...quiet, ...options });
  const running = (index: number): Promise<Campaign> | undefined => {
    const all = [...sideBySide.map(({ finding: _, ...options }) => options), sound];
    campaigns ??= inPlaces(
      all.map((options) => () => run(options)),
      MOST_SIDE_BY_SIDE,
    );
    return campaigns[index];
  };

  beforeAll(async () => {
    ground = await layGround();
  });
  afterAll(() => ground.close());

  test(
    alone.defect,
    async () => {
      const { finding, ...options } = alone;
      expect(findingsOf(await run(options))).toContainEqual(expect.objectContaining(finding));
    },
    CAMPAIGN_MS,
  );

  test.each(sideBySide.map((proof, index): [string, Proof, number] => [proof.defect, proof, index]))(
    '%s',
    async (_, { finding }, index) => {
      expect(findingsOf(await running(index))).toContainEqual(expect.objectContaining(finding));
    },
    CAMPAIGN_MS,
  );

  test(
    'nothing where nothing is wrong, whatever strikes',
    async () => {
      expect(findingsOf(await running(sideBySide.length))).toEqual([]);
    },
    CAMPAIGN_MS,
  );
});

const findingsOf = (campaign: Campaign | undefined): Finding[] => [
  ...(campaign?.lost ?? []),
  ...(campaign?.wrong ?? []),
];
