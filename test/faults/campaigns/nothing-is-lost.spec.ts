import { runCampaign } from '../campaign';
import { markdownOf } from '../report/markdown';
import { brokerVersion } from '../stage/broker-version';
import { type Ground, layGround } from '../stage/ground';

/** Every fault once, that can be mended within moments. */
const MINUTES = 1.4;

describe('a campaign of every fault', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await layGround();
  });
  afterAll(() => ground.close());

  test.each([1])(
    'with seed %i loses nothing, and nothing ends otherwise than it must',
    async (seed) => {
      const campaign = await runCampaign(ground, {
        seed,
        minutes: MINUTES,
        say: (line) => process.stdout.write(`${line}\n`),
      });
      process.stdout.write(`\n${markdownOf(campaign, await brokerVersion(ground.broker))}\n`);
      expect([...campaign.lost, ...campaign.wrong]).toEqual([]);
    },
    480_000,
  );
});
