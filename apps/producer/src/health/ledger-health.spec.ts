import { memoryBroker } from '@scutwork/jobs/testing';
import { Database, type QueueView } from '@scutwork/ledger';
import { LedgerHealth } from './ledger-health';

const queue = (name: string, waiting: number): QueueView => ({
  ...{ name, waiting, active: 0, delayed: 0, retrying: 0, blocked: 0, accepted: 0 },
  ...{ completed: 0, dead: 0, cancelled: 0, expired: 0, total: waiting },
  ...{ paused: false, pausedTypes: [], workers: 0, types: [] },
});

const healthOver = (queues: () => Promise<QueueView[]>, now?: () => number): LedgerHealth => {
  const reading = { queues, scheduleHealth: () => Promise.reject(new Error('away')) };
  const database = new Database({ url: 'postgresql://127.0.0.1:1/none' });
  return new LedgerHealth(database, memoryBroker(), 'jobs.ledger', reading, now);
};

describe('the health of the ledger', () => {
  it('names the queues in which many jobs wait, and is up all the same', async () => {
    const health = healthOver(() => Promise.resolve([queue('email', 1_000), queue('report', 1_001)]));
    expect(await health.queues()).toEqual({ queues: { status: 'up', limit: 1_000, over: { report: 1_001 } } });
  });

  it('asks for the numbers once in two seconds, however many want to know', async () => {
    let [asked, now] = [0, 0];
    const health = healthOver(
      () => Promise.resolve([queue('email', 2_000 + asked++)]),
      () => now,
    );
    const first = await Promise.all([health.queues(), health.queues()]);
    now = 1_999;
    for (const each of [...first, await health.queues()]) {
      expect(each).toMatchObject({ queues: { over: { email: 2_000 } } });
    }
    now = 2_000;
    expect(await health.queues()).toMatchObject({ queues: { over: { email: 2_001 } } });
  });

  it('does not know while nobody can be asked', async () => {
    const health = healthOver(() => Promise.reject(new Error('away')));
    expect(await health.queues()).toEqual({ queues: { status: 'up', limit: 1_000, over: 'unknown' } });
    expect(await health.ledger()).toEqual({ ledger: { status: 'down', reason: expect.any(String) } });
  });
});
