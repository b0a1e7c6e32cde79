import fc from 'fast-check';
import { PRIORITIES } from '../contracts/job-type';
import { LADDER_BITS, LADDER_MAX_UNITS, LADDER_UNIT_MS, waitHeaders, waitUnits } from './ladder';
import { namesFor } from './names';
import { planTopology } from './plan';
import { type Route, routeJob } from './route';

const names = namesFor();
const QUEUES = ['email', 'report', '0', '1'];
const plan = planTopology({ names, queues: QUEUES });

const priority = fc.constantFrom(...PRIORITIES);
const words = fc.array(fc.stringMatching(/^[a-z0-9-]{1,6}$/), { maxLength: 4 });
const type = fc.tuple(fc.constantFrom(...QUEUES), words).map(([queue, rest]) => [queue, ...rest].join('.'));
const year = 365 * 86_400_000;
const delayMs = fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 3 * year }));

/** AMQP's topic rule, written here anew: `*` is one word, `#` any number of words. */
function matches(pattern: string[], key: string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return key.length === 0;
  if (head === '#') return matches(rest, key) || (key.length > 0 && matches(pattern, key.slice(1)));
  return key.length > 0 && (head === '*' || head === key[0]) && matches(rest, key.slice(1));
}

const taken = (exchange: string, { routingKey: key, headers }: Pick<Route, 'routingKey' | 'headers'>) =>
  plan.bindings.filter(
    (b) =>
      b.from === exchange &&
      (b.header === undefined ? matches(b.key.split('.'), key.split('.')) : headers[b.header] === true),
  );

const waitedMs = ({ headers }: Route): number => waitUnits(headers) * LADDER_UNIT_MS;

test('without a delay a job goes to the direct exchange of its priority, by its queue', () => {
  for (const none of [0, -5]) {
    expect(routeJob(names, 'email.welcome', 'high', { delayMs: none, exact: false })).toEqual({
      exchange: 'jobs.to.high',
      routingKey: 'email',
      headers: {},
      remainingMs: 0,
    });
  }
});

test('the waits of the headers add up to the delay, rounded up to a tenth of a second', () => {
  fc.assert(
    fc.property(delayMs, priority, type, (delay, p, t) => {
      const route = routeJob(names, t, p, { delayMs: delay, exact: true });
      const asked = Math.ceil(delay / LADDER_UNIT_MS) * LADDER_UNIT_MS;
      expect(waitedMs(route)).toBe(Math.min(asked, LADDER_MAX_UNITS * LADDER_UNIT_MS));
    }),
  );
});

test('no wait is shorter than asked for, and a rounded one at most a quarter longer, in at most three hops', () => {
  fc.assert(
    fc.property(delayMs, priority, type, (delay, p, t) => {
      const route = routeJob(names, t, p, { delayMs: delay, exact: false });
      const waited = waitedMs(route);
      const asked = Math.ceil(delay / LADDER_UNIT_MS) * LADDER_UNIT_MS;
      expect(waited + route.remainingMs).toBeGreaterThanOrEqual(delay);
      expect(waited).toBeLessThanOrEqual(asked * 1.25);
      // Only what would be rounded beyond the top of the ladder takes every step of it.
      const most = waited === LADDER_MAX_UNITS * LADDER_UNIT_MS ? LADDER_BITS : 3;
      expect(hopsOf(route)).toBeLessThanOrEqual(most);
    }),
  );
});

const hopsOf = ({ headers }: Route) => Object.keys(headers).length;

test('what is longer than the ladder goes round with the rest', () => {
  const route = routeJob(names, 'email.welcome', 'low', { delayMs: year, exact: true });
  expect(waitedMs(route) + route.remainingMs).toBe(year);
  expect(hopsOf(route)).toBe(LADDER_BITS);
  expect(route.remainingMs).toBeGreaterThan(50 * 86_400_000);
});

test.each([LADDER_MAX_UNITS * LADDER_UNIT_MS, LADDER_MAX_UNITS * LADDER_UNIT_MS - 1, Number.MAX_SAFE_INTEGER])(
  'a wait of %p ms enters at the highest level',
  (delay) => {
    for (const exact of [true, false]) {
      expect(routeJob(names, 'email', 'low', { delayMs: delay, exact })).toMatchObject({
        exchange: 'jobs.delay.v1.27',
        headers: waitHeaders(LADDER_MAX_UNITS),
      });
    }
  },
);

test('a key never outgrows the 255 bytes of AMQP', () => {
  const longest = routeJob(names, 'x'.repeat(120), 'critical', { delayMs: 1, exact: true });
  expect(longest.routingKey.length).toBeLessThan(255);
});

test('at every exchange a message goes exactly one way, and ends in the work queue of its type and priority', () => {
  fc.assert(
    fc.property(delayMs, fc.boolean(), priority, type, (delay, exact, p, t) => {
      const route = routeJob(names, t, p, { delayMs: delay, exact });
      let waited = 0;
      for (let exchange = route.exchange; exchange !== names.due;) {
        const ways = taken(exchange, route);
        if (ways.length > 1) throw new Error(`${ways.length} ways at ${exchange}`);
        const queue = ways[0] && plan.queues.find(({ name }) => name === ways[0]?.to);
        waited += Number(queue?.arguments['x-message-ttl'] ?? 0);
        const alternate = plan.exchanges.find(({ name }) => name === exchange)?.alternate;
        exchange = String(queue ? queue.arguments['x-dead-letter-exchange'] : alternate);
      }
      expect(waited).toBe(waitedMs(route));
      const first = t.split('.')[0] ?? '';
      const queue = names.work(first, p);
      const byKey = (routingKey: string) => ({ routingKey, headers: {} });
      expect(taken(names.due, route).map(({ to }) => to)).toEqual([queue]);
      expect(taken(names.direct(p), byKey(first)).map(({ to }) => to)).toEqual([queue]);
      expect(taken(names.priority(p), byKey(t)).map(({ to }) => to)).toEqual([queue]);
      expect(taken(names.door(p), byKey(t)).map(({ to }) => to)).toEqual([queue]);
    }),
    { numRuns: 50 },
  );
});
