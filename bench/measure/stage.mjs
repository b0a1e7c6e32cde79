import { serverCpuMs } from './server-cpu.mjs';
import { startSide } from './side.mjs';

const DEFAULTS = { queue: 'bench', queueType: 'quorum', concurrency: 100, prefetch: 500, window: 1000 };
const ROUND_MS = 300_000;

/**
 * Opens a contestant: its worker, consuming, and its publisher, each in a process of its own; with a `drain` (who takes the
 * records a ledger would take) in a third one. `without: ['worker']` leaves sides out.
 */
export async function openStage(contestant, servers, options = {}) {
  const { setting = {}, handler = 'count', handlerOptions, heapSampleEvery, without = [], execArgv = {} } = options;
  const settled = {
    ...DEFAULTS,
    ...addresses(servers),
    queue: `bench.${contestant.name}`,
    ...contestant.setting,
    ...setting,
  };
  const wanted = ['drain', 'worker', 'publisher'].filter(
    (role) => !without.includes(role) && (role !== 'drain' || contestant.drain),
  );
  const sides = {};
  const close = async () => {
    // the publisher first, the drain last: what the one before it says on leaving is still heard
    for (const role of [...wanted].reverse()) await sides[role]?.stop();
  };
  try {
    for (const role of wanted) {
      sides[role] = startSide(`${contestant.name} ${role}`, { execArgv: execArgv[role] });
      await sides[role].call(role === 'publisher' ? 'openPublisher' : 'openWorker', {
        module: new URL(`../contestants/${contestant.folder}/${moduleOf(role, contestant)}.mjs`, import.meta.url).href,
        setting: settled,
        ...(role === 'worker' && { handler, handlerOptions, heapSampleEvery }),
        ...(role === 'drain' && { handler: 'count' }),
      });
    }
  } catch (error) {
    for (const side of Object.values(sides)) side.kill();
    throw error;
  }
  return { ...sides, setting: settled, close, kill: () => Object.values(sides).forEach((side) => side.kill()) };
}

/** Publishes `jobs` through an open stage and waits for the last to be handled; `already` were handled before. */
export async function runJobs(stage, { jobs, already, serverPid }) {
  const cpuBefore = serverCpuMs(serverPid);
  await stage.worker.call('arm', { total: already + jobs });
  const [published, reached] = await within(
    ROUND_MS,
    Promise.all([stage.publisher.call('publish', { jobs }), stage.worker.call('reached')]),
    async () => `${await stage.worker.call('handled')} of ${already + jobs} jobs were handled`,
  );
  const ms = reached.finishedAtMs - published.startedAtMs;
  return {
    jobs,
    ms,
    perSecond: (jobs * 1000) / ms,
    cpuMicrosPerJob: {
      publisher: (published.cpuMs * 1000) / jobs,
      worker: (reached.cpuMs * 1000) / jobs,
      server: ((serverCpuMs(serverPid) - cpuBefore) * 1000) / jobs,
    },
  };
}

/** Who takes the records: a stand-in that counts them, or what the contestant names. */
function moduleOf(role, { drain }) {
  return role === 'drain' && typeof drain === 'string' ? drain : role;
}

function addresses({ rabbitmq, redis, postgres }) {
  return { amqpUrl: rabbitmq.url, redisPort: redis.port, databaseUrl: postgres.url };
}

async function within(ms, work, describe) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(async () => reject(new Error(`not done after ${ms / 1000} s: ${await describe()}`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
