import { newJobId } from '@scutwork/jobs';

const DAYS = 7;
const DAY_MS = 24 * 3_600_000;

const QUEUES = ['email', 'report', 'pipeline', 'test', 'deployment', 'notification', 'cleanup', 'analytics'];
const KINDS = ['send', 'bulk', 'nightly', 'export', 'check'];
const TYPES = QUEUES.flatMap((queue) => KINDS.map((kind) => `${queue}.${kind}`));
/** A type that was used on the first day alone: its jobs stand far away from where a page begins. */
const LEGACY = 'legacy.import';
const COUNTRIES = ['de', 'fr', 'gb', 'us', 'jp', 'br', 'in', 'za'];
const ERRORS = [
  (n) => `connect ECONNREFUSED 10.0.${n % 256}.7:5432`,
  (n) => `user ${n} does not exist`,
  (n) => `request timed out after ${n % 30_000} ms`,
  () => 'Unexpected token < in JSON at position 0',
  (n) => `quota of tenant ${n % 1_000} exceeded`,
];
const NOTE =
  'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore '.repeat(2);

/** Facts of job number `n` of `jobs`: the same life for the same number, spread over a week up to now. */
export function factsOf(n, jobs, now) {
  const at = Math.floor(now - DAYS * DAY_MS + (n * DAYS * DAY_MS) / jobs);
  const type = n < jobs / DAYS && n % 5 === 0 ? LEGACY : TYPES[mix(n, 1) % TYPES.length];
  const id = idAt(at);
  const of = { id, type, generation: 0 };
  const submitted = { ...of, event: 'submitted', at, delayMs: 0, ...submissionOf(n) };
  const worker = `worker-${mix(n, 2) % 40}`;
  const run = { ...of, attempt: 1, delivery: 0, worker, startedAt: at + 50, at: at + 50 + (mix(n, 3) % 2_000) };
  return [submitted, ...endOf(n, run)];
}

function submissionOf(n) {
  return {
    priority: ['critical', 'high', 'normal', 'normal', 'normal', 'low'][mix(n, 4) % 6],
    tags: [`tag-${mix(n, 5) % 50}`, `batch-${Math.floor(n / 1_000)}`],
    tenant: `tenant-${mix(n, 6) % 1_000}`,
    correlationId: `correlation-${n}`,
    schedule: n % 20 === 0 ? `schedule-${mix(n, 7) % 30}` : undefined,
    payload: JSON.stringify({
      user: { id: mix(n, 8) % 100_000, country: COUNTRIES[mix(n, 9) % COUNTRIES.length] },
      order: { total: (mix(n, 10) % 100_000) / 100, paid: n % 3 === 0 },
      note: NOTE,
    }),
  };
}

/** 3 of 100 are not finished; of the others 90 are completed, 6 dead, 3 cancelled, 1 expired. */
function endOf(n, run) {
  const share = mix(n, 11) % 100;
  if (share < 1) return [];
  if (share < 3) return [{ ...run, event: 'retrying', delayMs: 86_400_000, failure: failureOf(n) }];
  if (share < 9) return [{ ...run, event: 'dead', reason: 'attempts_exhausted', failure: failureOf(n) }];
  if (share < 12) return [{ ...run, event: 'cancelled', cancel: 'cancel' }];
  if (share < 13) return [{ ...run, event: 'expired' }];
  return [{ ...run, event: 'completed', result: '{"sent":true}' }];
}

function failureOf(n) {
  const message = ERRORS[mix(n, 12) % ERRORS.length](n);
  return { name: 'Error', message, stack: `Error: ${message}\n    at handle (/app/jobs/handler.js:12:9)` };
}

/** A whole number that looks random and is always the same. */
function mix(n, salt) {
  let hash = Math.imul(n + 1, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function idAt(ms) {
  const time = ms.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}${newJobId().slice(13)}`;
}
