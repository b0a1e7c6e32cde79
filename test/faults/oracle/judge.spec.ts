import type { Rhythm } from '../jobs';
import type { RunLine } from '../record/run-record';
import type { Evidence, Row, Submission, Tick } from './evidence';
import { judge } from './judge';

const T = Date.parse('2030-01-01T00:00:00Z');

const start = (id: string, attempt: number, at: number, key?: string): RunLine => ({
  ...{ said: 'start', id, attempt, at: T + at, type: 'paused.task', worker: 'w', key },
});
const end = (id: string, attempt: number, at: number, ok = true): RunLine => ({
  ...{ said: 'end', id, attempt, at: T + at, worker: 'w', ok },
});
const row = (id: string, state = 'completed', attempt = 1, more: Partial<Row> = {}): Row => ({
  ...{ id, type: 'paused.task', state, attempt, finished: true, ...more },
});
const job = (id: string, more: Partial<Submission> = {}): Submission => ({
  ...{ id, kind: 'plain', by: 'client', sentAt: T, asked: 1, answer: 'accepted', answeredAt: T + 5 },
  ...{ expected: { ends: ['completed'], attempts: 1 }, ...more },
});

/** A job that went well; each test spoils one thing of it. */
const sound: Evidence = {
  submissions: [job('a')],
  runs: [start('a', 1, 10), end('a', 1, 20)],
  rows: [row('a')],
  ...{ depths: [{ queue: 'q', messages: 0 }], pauses: [], struck: [], spans: [], crashes: [], exits: [], caps: [] },
  ...{ ticks: [], schedules: { rhythms: {}, fromMs: T, toMs: T + 60_000 } },
};

const found = (spoilt: Partial<Evidence>): string[] => {
  const { lost, wrong } = judge({ ...sound, ...spoilt });
  return [...lost, ...wrong].map(({ verdict, rule }) => `${verdict}: ${rule}`);
};

test('a job that went well is neither lost nor wrong', () => {
  expect(found({})).toEqual([]);
});

test.each<[string, Partial<Evidence>, string]>([
  ['no row', { rows: [] }, 'lost: final state'],
  ['unfinished', { rows: [row('a', 'waiting', 0, { finished: false })] }, 'lost: final state'],
  ['another end', { rows: [row('a', 'dead')] }, 'wrong: final state'],
  ['never ran', { runs: [] }, 'wrong: final state'],
  ['ran on after its last attempt', { runs: [...sound.runs, start('a', 2, 30)] }, 'wrong: attempts'],
  ['attempt of the ledger', { rows: [row('a', 'completed', 2)] }, 'wrong: attempts'],
  [
    'started early',
    { submissions: [job('a', { expected: { ends: ['completed'], attempts: 1, delayMs: 500 } })] },
    'wrong: delay',
  ],
  ['cancelled, and started', { submissions: [job('a', { cancelledAt: T + 5 })] }, 'wrong: cancel'],
  [
    'expired, and started',
    { submissions: [job('a', { expected: { ends: ['completed'], attempts: 1, expiresAt: T - 100 } })] },
    'wrong: expiry',
  ],
  ['paused, and started', { pauses: [{ queue: 'paused', fromMs: T, toMs: T + 99 }] }, 'wrong: pause'],
  ['a message left', { depths: [{ queue: 'q', messages: 1 }] }, 'wrong: empty queues'],
  ['a job of nobody', { rows: [row('a'), row('b')] }, 'wrong: strangers'],
  ['a run of nobody', { runs: [...sound.runs, start('b', 1, 9)] }, 'wrong: strangers'],
  ['a process that fell', { crashes: ['worker-1 ended by itself'] }, 'wrong: processes'],
])('%s is found', (_, spoilt, finding) => {
  expect(found(spoilt)).toContain(finding);
});

describe('retries', () => {
  const retried = job('a', { expected: { ends: ['completed'], attempts: 2, backoffMs: 300 } });
  const of = (second: number): Partial<Evidence> => ({
    submissions: [retried],
    rows: [row('a', 'completed', 2)],
    runs: [start('a', 1, 10), end('a', 1, 20, false), start('a', 2, second), end('a', 2, second + 5)],
  });

  test('come after their backoff', () => {
    expect(found(of(330))).toEqual([]);
    expect(found(of(200))).toEqual(['wrong: attempts']);
  });

  test('are as many as it takes', () => {
    expect(found({ submissions: [retried], rows: [row('a', 'completed', 2)] })).toEqual(['wrong: attempts']);
  });
});

describe('unique jobs', () => {
  const of = (answeredAt: number): Partial<Evidence> => ({
    submissions: [job('a', { uniqueKey: 'k' }), job('b', { uniqueKey: 'k', answeredAt: T + answeredAt })],
    rows: [row('a'), row('b')],
    runs: [...sound.runs, start('b', 1, 40), end('b', 1, 50)],
  });

  test('follow each other', () => {
    expect(found(of(25))).toEqual([]);
    expect(found(of(15))).toEqual(['wrong: unique']);
  });

  test('a duplicate of what was asked for again after it was called a duplicate itself is not', () => {
    const told = { uniqueKey: 'k', answer: 'duplicate' } as const;
    const again = job('c', { ...told, asked: 2, standing: 'a' });
    const first = job('a', { uniqueKey: 'k', answer: 'unknown' });
    const last = job('b', { ...told, standing: 'c' });
    expect(found({ submissions: [...sound.submissions, first, again, last] })).not.toContain('lost: unique');
  });

  test('a duplicate of nothing is lost', () => {
    const duplicate = job('b', { uniqueKey: 'k', answer: 'duplicate', standing: 'c' });
    expect(found({ submissions: [...sound.submissions, duplicate] })).toEqual(['lost: unique']);
  });
});

describe('ticks', () => {
  type Given = Partial<Rhythm> & Pick<Partial<Evidence>, 'struck'> & { firstMs?: number };
  const of = ({ firstMs = 0, struck = [], ...given }: Given, ...ticks: Tick[]): string[] => {
    const rhythm: Rhythm = { everyMs: 2_000, catchUp: 'once', graceMs: 1_000, takesMs: 0, ...given };
    const made = ticks.flatMap(({ jobId, instant }) => (jobId === undefined ? [] : [{ id: jobId, instant }]));
    return found({
      schedules: { rhythms: { tick: rhythm }, fromMs: T + 4_000, toMs: T + 8_000 },
      ...{ ticks, struck },
      rows: [
        ...sound.rows,
        ...made.map(({ id, instant }) => row(id, 'completed', 1, { schedule: 'tick', scheduledFor: instant })),
      ],
      runs: [
        ...sound.runs,
        ...made.flatMap(({ id }, index) => {
          const beginMs = firstMs + index * 100;
          return [start(id, 1, beginMs), end(id, 1, beginMs + 90)];
        }),
      ],
    });
  };
  const tick = (seconds: number, outcome = 'ran', jobId: string | undefined = `job-${seconds}`): Tick => ({
    ...{ schedule: 'tick', instant: T + seconds * 1_000, outcome, jobId },
  });
  const missed = (seconds: number): Tick => ({ schedule: 'tick', instant: T + seconds * 1_000, outcome: 'missed' });

  test('each moment is decided once, and its job is one that ran', () => {
    expect(of({}, tick(4), tick(6), tick(8))).toEqual([]);
    expect(of({}, tick(4), tick(6), tick(8), tick(8, 'ran', 'another'))).toEqual(['wrong: ticks']);
    expect(of({}, tick(4), tick(6))).toEqual(['lost: ticks']);
    expect(of({}, tick(4), tick(5), tick(6), tick(8))).toEqual(['wrong: ticks']);
    expect(of({}, tick(4), { ...missed(6), outcome: 'ran' }, tick(8))).toEqual(['lost: ticks']);
    expect(of({}, tick(4), { ...missed(6), outcome: 'queued' }, tick(8))).toEqual(['lost: ticks']);
  });

  test('what is missed is made up for as the schedule says, and has a cause', () => {
    const late = tick(8, 'caught_up');
    expect(of({ catchUp: 'once' }, tick(4), missed(6), late)).toEqual(['wrong: ticks']);
    expect(of({ catchUp: 'once' }, tick(4), missed(6), tick(8))).toEqual(['lost: ticks']);
    expect(of({ catchUp: 'all' }, tick(4), missed(6), late)).toEqual(['lost: ticks']);
    expect(of({ catchUp: 'skip' }, tick(4), tick(6), late)).toEqual(['wrong: ticks']);
  });

  test('a moment is skipped, and made up for by nothing, only where a hundred before it waited', () => {
    const skipped: Tick = { ...missed(8), outcome: 'skipped' };
    const after = { overlap: 'queue', firstMs: 8_001 } as const;
    const waiting = Array.from({ length: 100 }, (_, index) => tick(4 - 2 * index));
    expect(of(after, ...waiting, tick(6), skipped)).toEqual([]);
    expect(of(after, ...waiting.slice(0, -2), tick(6), skipped)).toEqual(['lost: ticks']);
    expect(of({ ...after, firstMs: 7_900 }, ...waiting, skipped, tick(6))).toEqual(['lost: ticks']);
    expect(of({ firstMs: 8_001 }, ...waiting, tick(6), skipped)).toEqual(['lost: ticks']);
    const struck = [{ fault: 'database-killed', whom: '', fromMs: T + 6_000, toMs: T + 7_000 }];
    expect(of({ ...after, struck }, ...waiting, missed(6), skipped)).toEqual([]);
    expect(of({ ...after, struck }, ...waiting.slice(0, -1), missed(6), skipped)).toEqual([
      'lost: ticks',
      'lost: ticks',
    ]);
  });

  test('jobs that wait for each other do not meet', () => {
    const apart = [tick(4), tick(6), tick(8)];
    expect(of({ overlap: 'queue' }, ...apart)).toEqual([]);
    const runs = [...sound.runs, start('x', 1, 10), start('y', 1, 20), end('x', 1, 30), end('y', 1, 40)];
    const rows = ['x', 'y'].map((id) => row(id, 'completed', 1, { schedule: 'tick', scheduledFor: T }));
    const rhythms = {
      tick: { everyMs: 2_000, catchUp: 'once', overlap: 'queue', graceMs: 1_000, takesMs: 0 },
    } as const;
    const schedules = { rhythms, fromMs: T + 1, toMs: T + 2 };
    expect(found({ schedules, runs, rows: [...sound.rows, ...rows] })).toContain('wrong: ticks');
  });
});

describe('a cap', () => {
  const capped = (...runs: RunLine[]): string[] =>
    found({
      submissions: ['a', 'b'].map((id) => job(id)),
      rows: [row('a'), row('b')],
      caps: [{ queue: 'paused', most: 1 }],
      runs,
    });

  test('is never passed', () => {
    expect(capped(start('a', 1, 10), end('a', 1, 20), start('b', 1, 20), end('b', 1, 30))).toEqual([]);
    expect(capped(start('a', 1, 10), start('b', 1, 19), end('a', 1, 20), end('b', 1, 30))).toEqual(['wrong: cap']);
  });

  test('does not count a run whose job runs elsewhere, nor that of a worker that is gone', () => {
    const cutOff: RunLine = { ...start('a', 1, 5), worker: 'cut-off' };
    expect(capped(cutOff, start('a', 1, 10), end('a', 1, 20), start('b', 1, 30), end('b', 1, 40))).toEqual([]);
  });
});

test('a second run of an attempt is counted with its cause, and is not wrong', () => {
  const runs = [...sound.runs, start('a', 1, 900), end('a', 1, 910)];
  const struck = [{ fault: 'worker-killed', whom: 'w', fromMs: T + 15, toMs: T + 100 }];
  expect(judge({ ...sound, runs, struck })).toMatchObject({
    lost: [],
    wrong: [],
    duplicates: new Map([['worker-killed', 1]]),
  });
  expect(judge({ ...sound, runs }).duplicates).toEqual(new Map([['unexplained', 1]]));
});
