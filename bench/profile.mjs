// node bench/profile.mjs [--contestant scutwork] [--side worker] [--jobs 60000] [--top 30]
// Where each microsecond of one side goes: its functions by self time, while jobs run and after a warm-up.
import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { install } from './setup/install.mjs';

const { values } = parseArgs({
  options: {
    contestant: { type: 'string', default: 'scutwork' },
    side: { type: 'string', default: 'worker' },
    jobs: { type: 'string', default: '60000' },
    top: { type: 'string', default: '30' },
  },
});

install(); // before anything imports a peer
const { named } = await import('./contestants/registry.mjs');
const { openStage, runJobs } = await import('./measure/stage.mjs');
const { startServers } = await import('./setup/servers.mjs');
const { printProfile } = await import('./report/profile-table.mjs');

const folder = fileURLToPath(new URL('../.cache/bench/', import.meta.url));
await mkdir(folder, { recursive: true });
const file = `${folder}${values.contestant}-${values.side}.cpuprofile`;
const jobs = Number(values.jobs);
const [contestant] = named([values.contestant]);
const servers = await startServers();
try {
  const serverPid = servers[contestant.server].pid;
  const stage = await openStage(contestant, servers);
  try {
    await runJobs(stage, { jobs, already: 0, serverPid });
    await stage[values.side].call('startProfile');
    const { perSecond } = await runJobs(stage, { jobs, already: jobs, serverPid });
    await stage[values.side].call('stopProfile', { file });
    await stage.close();
    console.log(`\n${contestant.title}, ${values.side}: ${Math.round(perSecond)} jobs/s while profiled`);
    printProfile(JSON.parse(await readFile(file, 'utf8')), { jobs, top: Number(values.top) });
    console.log(`→ ${file} (opens in the Performance panel of Chromium)`);
  } finally {
    stage.kill();
  }
} finally {
  await servers.stop();
}
