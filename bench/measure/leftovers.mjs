import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'amqplib';

const SETTLE_MS = 10_000;

/**
 * Fails unless the contestant's queue is empty: a figure counts only if everything was acknowledged as well. Call it after
 * the worker has closed, when what it had not acknowledged is back in the queue.
 */
export async function assertNothingLeft(contestant, stage, servers) {
  if (contestant.server === 'redis') return servers.redis.forgetAll();
  const giveUpAt = Date.now() + SETTLE_MS;
  await withChannel(servers, async (channel) => {
    for (;;) {
      const { messageCount } = await channel.checkQueue(queueOf(contestant, stage));
      if (messageCount === 0) return;
      if (Date.now() > giveUpAt)
        throw new Error(`${contestant.name} left ${messageCount} jobs that it had not acknowledged`);
      await sleep(50);
    }
  });
}

/** Fails unless the drain (who stands for the ledger) has got at least `records`: they are part of the price. */
export async function assertRecorded(stage, records) {
  if (!stage.drain) return;
  const giveUpAt = Date.now() + SETTLE_MS;
  for (;;) {
    const got = await stage.drain.call('handled');
    if (got >= records) return;
    if (Date.now() > giveUpAt) throw new Error(`only ${got} of at least ${records} records arrived`);
    await sleep(50);
  }
}

/** Empties the contestant's queue, and says how many jobs were in it. */
export async function discardJobs(contestant, stage, servers, priority) {
  if (contestant.server === 'redis') {
    await servers.redis.forgetAll();
    return NaN;
  }
  return withChannel(
    servers,
    async (channel) => (await channel.purgeQueue(queueOf(contestant, stage, priority))).messageCount,
  );
}

function queueOf(contestant, stage, priority = 'normal') {
  return contestant.queueName?.(stage.setting, priority) ?? stage.setting.queue;
}

async function withChannel(servers, work) {
  const connection = await connect(servers.rabbitmq.url);
  try {
    return await work(await connection.createChannel());
  } finally {
    await connection.close();
  }
}
