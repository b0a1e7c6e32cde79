import { FAR_MS, FarDelays } from './far-delays';
import { namesFor } from './names';

const names = namesFor();
const route = (far: FarDelays, delayMs: number, nowMs = 5) =>
  far.route('email.welcome', 'high', { delayMs, exact: true }, nowMs);

test('a wait of more than ten minutes goes to the ledger, with all that is needed to come back', () => {
  const far = new FarDelays(names);
  expect(route(far, FAR_MS).exchange).toMatch('jobs.delay');
  const message = route(far, FAR_MS + 1);
  expect(message).toEqual({
    ...{ exchange: '', routingKey: 'jobs.later', remainingMs: FAR_MS + 1 },
    headers: { 'x-job-priority': 'high', 'x-job-later-since': 5 },
  });
  expect(far.isFar(message)).toBe(true);
  expect(far.isFar(route(far, FAR_MS))).toBe(false);
});

test('when one comes back the ladder does it, and after a minute the ledger is tried again', () => {
  const far = new FarDelays(names);
  far.noteAbsent(1_000);
  const year = 365 * 86_400_000;
  expect(route(far, year, 60_999)).toMatchObject({ exchange: 'jobs.delay.v1.27' });
  expect(route(far, year, 61_000)).toMatchObject({ routingKey: 'jobs.later', remainingMs: year });
});
