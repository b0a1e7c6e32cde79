import fc from 'fast-check';
import type { JobEvent } from '@scutwork/jobs/wire';
import { arrivals, knownOf, live, scripts } from '../../../../test/support/lives';
import { fromColumns, toColumns } from './columns';
import type { JobRow } from './job-row';
import { logLines } from './log-lines';
import { isFinished, merge } from './merge';
import { noSecrets } from './secrets';

type Merge = typeof merge;

const START = 1_750_000_000_000;
const OUR_ID = '01978a3e-7000-7000-8000-000000000001';
/** Made from a key: it does not tell when. */
const KEYED_ID = '01978a3e-7000-8000-8000-000000000001';

/** What the database makes of a row between two batches. */
const stored = (row: JobRow): JobRow =>
  fromColumns(JSON.parse(JSON.stringify(toColumns(row, noSecrets))) as Record<string, unknown>);

function recorded(batches: readonly (readonly JobEvent[])[], by: Merge): JobRow | undefined {
  let row: JobRow | undefined;
  for (const batch of batches) {
    for (const fact of batch) row = by(row, fact);
    row &&= stored(row);
  }
  return row;
}

const linesOf = (facts: readonly JobEvent[]): number => new Set(logLines(facts).map(({ seq }) => seq)).size;

const lives = fc
  .tuple(scripts, fc.constantFrom(OUR_ID, KEYED_ID))
  .map(([script, id]) => live(script, id, START))
  .filter(({ facts }) => facts.length > 0)
  .chain((life) => fc.tuple(fc.constant(life), arrivals(life)));

/** Whatever the order, the repetitions and the batches: the row says what was. */
const rowIsRight = (by: Merge) =>
  fc.property(lives, ([{ truth }, batches]) => {
    const row = recorded(batches, by);
    if (!row) throw new Error('there is no row');
    expect(knownOf(row, linesOf(batches.flat()))).toEqual(JSON.parse(JSON.stringify(truth)));
  });

test('whatever the order in which a life is told, how often and in which batches: its row is always the same, and right', () => {
  fc.assert(rowIsRight(merge), { numRuns: 1_500 });
});

/** The rule broken on purpose: the property must find each of these out, or it proves nothing. */
const BROKEN: Record<string, Merge> = {
  'the last writer wins': (row, fact) => merge(row && { ...row, stateGeneration: -1, attempt: -1, stateAt: -1 }, fact),
  'the order of attempts is ignored': (row, fact) => merge(row && { ...row, attempt: -1 }, fact),
  'the order of generations is ignored': (row, fact) => merge(row && { ...row, stateGeneration: -1 }, fact),
  'the order of times is ignored': (row, fact) => merge(row && { ...row, stateAt: -1 }, fact),
  'final states do not absorb': (row, fact) => merge(row && isFinished(row) ? { ...row, state: 'active' } : row, fact),
  'the last end wins': (row, fact) =>
    merge(row && isFinished(row) ? { ...row, state: 'expired', stateAt: Number.MAX_SAFE_INTEGER } : row, fact),
  'the last submission wins': (row, fact) => merge(row && { ...row, submittedAt: undefined }, fact),
  'the last progress wins': (row, fact) =>
    merge(row && { ...row, progressPlace: undefined, progress: undefined }, fact),
  'runs told twice are two': (row, fact) => {
    const runs = row?.runs.map((run) => ({ ...run, worker: `${run.worker}'` })) ?? [];
    const merged = merge(row && { ...row, runs }, fact);
    merged.runs.forEach((run) => (run.worker = run.worker.replace(/'+$/, '')));
    return merged;
  },
};

test.each(Object.keys(BROKEN))('a broken rule is found out: %s', (name) => {
  expect(fc.check(rowIsRight(BROKEN[name] ?? merge), { numRuns: 3_000 })).toMatchObject({ failed: true });
});

const few = {
  at: fc.integer({ min: START, max: START + 2 }),
  generation: fc.nat(1),
  traceparent: fc.constantFrom('a', 'b'),
};
const run = {
  ...few,
  attempt: fc.integer({ min: 1, max: 2 }),
  delivery: fc.nat(1),
  worker: fc.constantFrom('', 'v', 'w'),
  delayMs: fc.nat(1),
  seq: fc.nat(1),
  startedAt: fc.option(fc.constantFrom(START, START + 1), { nil: undefined }),
};
const texts = fc.constantFrom('"a"', '"b"');
const facts: fc.Arbitrary<JobEvent> = fc
  .oneof(
    fc.record({
      event: fc.constant('submitted'),
      ...few,
      payload: texts,
      version: fc.constantFrom(undefined, 2),
      priority: fc.constantFrom('high', 'low'),
      delayMs: fc.nat(1),
    }),
    fc.record({ event: fc.constant('adopted'), ...run, payload: texts, priority: fc.constantFrom('high', 'low') }),
    fc.record({ event: fc.constantFrom('started', 'expired'), ...run }),
    fc.record({ event: fc.constant('progressed'), ...run, progress: texts }),
    fc.record({ event: fc.constant('completed'), ...run, result: texts }),
    fc.record({
      event: fc.constantFrom('retrying', 'dead'),
      ...run,
      failure: texts.map((message) => ({ name: 'E', message })),
      reason: fc.constantFrom('poison', 'rejected'),
      payload: texts,
    }),
    fc.record({ event: fc.constant('cancelled'), ...run, cancel: fc.constantFrom('cancel', 'move') }),
    fc.record({ event: fc.constantFrom('deferred', 'suspected'), ...run, reason: fc.constantFrom('delay', 'paused') }),
  )
  .map((fact) => ({ id: KEYED_ID, type: 'email.welcome', ...fact }) as unknown as JobEvent);

test('also of what cannot be, told in one and the same millisecond, the row does not depend on the order', () => {
  const told = fc
    .array(facts, { minLength: 2, maxLength: 7 })
    .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
  fc.assert(
    fc.property(told, ([all, shuffled]) => {
      expect(recorded([shuffled], merge)).toEqual(recorded([all], merge));
    }),
    { numRuns: 2_500 },
  );
});

describe('after a redrive', () => {
  const at = START;
  const of = { id: OUR_ID, type: 'email.welcome', generation: 0 };
  const submitted = { event: 'submitted', ...of, at, priority: 'high', delayMs: 0, payload: '"first"' } as JobEvent;
  const ran = { ...of, attempt: 3, delivery: 0, worker: 'w', startedAt: at + 1 };
  const dead = {
    event: 'dead',
    ...ran,
    at: at + 2,
    reason: 'unrecoverable',
    failure: { name: 'E', message: 'm' },
  } as JobEvent;

  const redriven = (): JobRow => ({
    ...merge(merge(undefined, submitted), dead),
    ...{ state: 'waiting', generation: 1, baseGeneration: 1, stateGeneration: 1, attempt: 0, stateAt: at + 10 },
    ...{ payload: '"edited"', finishedAt: undefined, error: undefined, deadReason: undefined },
  });

  test('what was told before says nothing of the state any more', () => {
    for (const late of [dead, { ...dead, event: 'completed' } as JobEvent]) {
      expect(merge(redriven(), late)).toMatchObject({ state: 'waiting', attempt: 0, finishedAt: undefined });
    }
  });

  test('the submission told again does not undo an edited payload', () => {
    expect(merge(redriven(), { ...submitted, at: at - 5 })).toMatchObject({ payload: '"edited"' });
  });

  test('what is told of the new generation counts', () => {
    const done = { event: 'completed', ...ran, generation: 1, attempt: 1, at: at + 20, startedAt: at + 15 } as JobEvent;
    expect(merge(redriven(), done)).toMatchObject({ state: 'completed', attempt: 1, generation: 1 });
  });
});

test('a delay beyond the end of time is due at the end of time', () => {
  const fact = { event: 'submitted', id: OUR_ID, type: 'a.b', generation: 0, at: START, priority: 'low', payload: '1' };
  const row = merge(undefined, { ...fact, delayMs: Number.MAX_SAFE_INTEGER } as JobEvent);
  expect(new Date(row.dueAt ?? 0).getUTCFullYear()).toBe(275_760);
});
