import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { brokerVersion } from './stage/broker-version';
import { runCampaign } from './campaign';
import { type CommandLine, USAGE, readCommandLine } from './options';
import { USUAL_RATE } from './load/load';
import { USUAL_GAP, planOf } from './plan/plan';
import { markdownOf } from './report/markdown';
import { layGround } from './stage/ground';
import { useRabbitMq4 } from './stage/rabbitmq4';

const REPORTS = join(__dirname, '..', '..', 'docs', 'reports', 'faults.md');

async function main(): Promise<number> {
  const options = read();
  if (!options) return 2;
  const { minutes, seed, only, rate, gap, append, planOnly, rabbitmq, cluster } = options;
  if (planOnly) {
    for (const { atMs, fault, lastsMs } of planOf({ minutes, seed, only, gap, cluster }))
      console.log(`${atMs} ms  ${fault}, ${lastsMs} ms`);
    return 0;
  }
  if (rabbitmq === '4') useRabbitMq4();
  const ground = await layGround({ cluster });
  try {
    const version = await brokerVersion(ground.broker);
    const beganMs = Date.now();
    const say = (line: string): void =>
      console.log(`${((Date.now() - beganMs) / 1_000).toFixed(1).padStart(7)} s  ${line}`);
    const campaign = await runCampaign(ground, { minutes, seed, only, rate, gap, say });
    const report = markdownOf(campaign, [version, ...besides(options)].join(', '));
    console.log(`\n${report}`);
    if (append) appendFileSync(REPORTS, `\n${report}`);
    const isClean = campaign.lost.length + campaign.wrong.length === 0;
    if (!isClean) console.log(`what its processes wrote is kept in ${campaign.folder}`);
    return isClean ? 0 : 1;
  } finally {
    await ground.close();
  }
}

/** What is not as usual. */
const besides = ({ cluster, rate, gap, only }: CommandLine): string[] => [
  ...(cluster ? ['three nodes'] : []),
  ...(rate === USUAL_RATE ? [] : [`\`--rate ${rate}\``]),
  ...(gap === USUAL_GAP ? [] : [`\`--gap ${gap}\``]),
  ...(only ? ['some faults'] : []),
];

function read(): CommandLine | undefined {
  try {
    return readCommandLine(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return undefined;
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
