const HOUR_MS = 3_600_000;

const iso = (ms) => new Date(ms).toISOString();

/** What is asked for first pages: each filter alone, broad and narrow, then many together. `n` varies the values. */
export function firstPages(now) {
  const since = (hours) => iso(now - hours * HOUR_MS);
  return {
    'no filter': () => ({}),
    queue: () => ({ queue: 'email' }),
    type: () => ({ type: 'report.nightly' }),
    'type of the first day alone': () => ({ type: 'legacy.import' }),
    'state completed': () => ({ state: 'completed' }),
    'state dead': () => ({ state: 'dead' }),
    'state cancelled': () => ({ state: 'cancelled' }),
    'state expired': () => ({ state: 'expired' }),
    'state waiting': () => ({ state: 'waiting' }),
    'state retrying': () => ({ state: 'retrying' }),
    'state delayed (none)': () => ({ state: 'delayed' }),
    'state accepted (none)': () => ({ state: 'accepted' }),
    'state stalled (none)': () => ({ state: 'stalled' }),
    priority: () => ({ priority: 'critical' }),
    'tag, 20,000 jobs': (n) => ({ tag: `tag-${n % 50}` }),
    'tag, 1,000 jobs': (n) => ({ tag: `batch-${n * 7}` }),
    'tag that nobody has': () => ({ tag: 'nowhere' }),
    tenant: (n) => ({ tenant: `tenant-${n}` }),
    schedule: (n) => ({ schedule: `schedule-${n % 30}` }),
    worker: (n) => ({ worker: `worker-${n % 40}` }),
    'correlation id': (n) => ({ correlationId: `correlation-${n * 997}` }),
    'time range, an hour': (n) => ({ from: since(n + 1), to: since(n) }),
    'error, frequent text': () => ({ error: 'timed out' }),
    'error, rare text': (n) => ({ error: `10.0.${n}.7` }),
    'error, one job': (n) => ({ error: `user ${n * 5_003}` }),
    'payload, 10 jobs': (n) => ({ payload: { 'user.id': n * 331 } }),
    'payload, a third': () => ({ payload: { 'order.paid': true } }),
    'queue, dead': () => ({ queue: 'email', state: 'dead' }),
    'queue, dead, error': () => ({ queue: 'report', state: 'dead', error: 'ECONNREFUSED' }),
    'type, tenant': (n) => ({ type: 'email.send', tenant: `tenant-${n}` }),
    'type of the first day, dead': () => ({ type: 'legacy.import', state: 'dead' }),
    'type of the first day, today (none)': () => ({ type: 'legacy.import', from: since(24) }),
    'tag, priority, completed': (n) => ({ tag: `tag-${n % 50}`, priority: 'low', state: 'completed' }),
    'tenant, payload': (n) => ({ tenant: `tenant-${n}`, payload: { 'user.country': 'de' } }),
    'queue, payload, time range': () => ({
      queue: 'test',
      payload: { 'order.paid': true },
      from: since(72),
      to: since(48),
    }),
    'worker, state dead, schedule': (n) => ({
      worker: `worker-${n % 40}`,
      state: 'dead',
      schedule: `schedule-${n % 30}`,
    }),
    'tenant, error': (n) => ({ tenant: `tenant-${n}`, error: 'does not exist' }),
    'two tags’ worth of nothing': (n) => ({
      tag: 'batch-1',
      tenant: `tenant-${n}`,
      type: 'legacy.import',
      priority: 'low',
    }),
    'everything at once': (n) => ({
      ...{ queue: 'email', type: 'email.bulk', state: 'completed', priority: 'normal', tag: `tag-${n % 50}` },
      ...{ from: since(160), payload: { 'user.country': 'fr' } },
    }),
  };
}
