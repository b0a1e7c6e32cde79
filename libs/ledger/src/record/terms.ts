import { createHash } from 'node:crypto';
import type { Priority } from '@scutwork/jobs';
import { pathOf } from './secrets';

/** Members of a payload that it can be found by; more are not looked at. */
const MOST_PAYLOAD_TERMS = 24;
/** Names in a path. */
export const MOST_DEPTH = 4;
/** Longer texts are looked for nowhere. */
export const MOST_VALUE_CHARS = 128;

interface Findable {
  type: string;
  queue: string;
  priority: Priority;
  state: string;
  key?: string;
  tags?: readonly string[];
  tenant?: string;
  schedule?: string;
  flow?: string;
  correlationId?: string;
  worker?: string;
  error?: unknown;
  payload?: string;
}

/**
 * What a job can be found by, as hashes of 32 bits in one array with one GIN index: PostgreSQL then intersects any
 * combination of filters, fields of the payload among them, without an index for each. A collision is found out when
 * the rows are read: every filter is checked on the row itself. Nothing is found by what is `secret` in its payload.
 */
export function termsOf(job: Findable, fingerprint: string | undefined, secrets: readonly string[] = []): number[] {
  const terms = [
    term('queue', job.queue),
    term('type', job.type),
    term('state', job.state),
    term('priority', job.priority),
  ];
  if (job.key !== undefined) terms.push(term('key', job.key));
  if (job.tenant !== undefined) terms.push(term('tenant', job.tenant));
  if (job.schedule !== undefined) terms.push(term('schedule', job.schedule));
  if (job.flow !== undefined) terms.push(term('flow', job.flow));
  if (job.correlationId !== undefined) terms.push(term('correlation', job.correlationId));
  if (job.worker !== undefined) terms.push(term('worker', job.worker));
  if (fingerprint !== undefined) terms.push(term('fingerprint', fingerprint));
  if (job.error !== undefined) terms.push(FAILED);
  for (const tag of job.tags ?? []) terms.push(term('tag', tag));
  if (job.payload !== undefined) addPayload(terms, job.payload, secrets);
  return terms;
}

/** The hash of one thing that a job can be found by. Few names come again and again: they are remembered. */
export function term(name: string, value: string): number {
  const known = remembered.get(name)?.get(value);
  if (known !== undefined) return known;
  const hash = fnv1a(value, fnv1a(`${name}\n`));
  remember(name, value, hash);
  return hash;
}

/** The term of a field of the payload, by its path: `user.id`, and its value as JSON has it. */
export function payloadTerm(path: string, value: string | number | boolean | null): number {
  return fnv1a(String(value), term('payload', `${path}\n`));
}

/** Of each name: ids that nobody has twice push out no types. */
const MOST_REMEMBERED = 1_000;
const remembered = new Map<string, Map<string, number>>();

function remember(name: string, value: string, hash: number): void {
  const values = remembered.get(name) ?? new Map<string, number>();
  if (values.size < MOST_REMEMBERED && value.length < 200) remembered.set(name, values.set(value, hash));
}

/** Of whatever has an error. */
export const FAILED = term('has', 'error');

/** FNV-1a over the UTF-16 units, as a signed 32-bit number: PostgreSQL's `integer`. `before` is the hash of what stands before. */
function fnv1a(text: string, before = 0x811c9dc5): number {
  let hash = before;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}

function addPayload(terms: number[], payload: string, secrets: readonly string[]): void {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return; // Foreign bodies need not be JSON: they are shown, and found by everything else.
  }
  const most = terms.length + MOST_PAYLOAD_TERMS;
  walkScalars(value, secrets, (path, scalar) => {
    if (terms.length < most) terms.push(payloadTerm(path, scalar));
  });
}

/** Calls `found` with every scalar that a payload can be found by, and its path: those on secret paths are passed by. */
export function walkScalars(value: unknown, secrets: readonly string[], found: Found): void {
  walk(value, '', 0, secrets, found);
}

type Found = (path: string, scalar: Scalar) => void;

export type Scalar = string | number | boolean | null;

/** Every scalar with its path. Members of arrays have the path of their array: `items.sku` finds any of them. */
function walk(value: unknown, path: string, depth: number, secrets: readonly string[], found: Found): void {
  if (secrets.includes(path)) return;
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return found(path, value);
  if (typeof value === 'string') return value.length <= MOST_VALUE_CHARS ? found(path, value) : undefined;
  if (typeof value !== 'object' || depth >= MOST_DEPTH) return;
  if (Array.isArray(value)) {
    for (const member of value.slice(0, MOST_PAYLOAD_TERMS)) walk(member, path, depth + 1, secrets, found);
    return;
  }
  for (const [name, member] of Object.entries(value)) walk(member, pathOf(path, name), depth + 1, secrets, found);
}

/**
 * Alike for errors that differ in numbers, ids and quoted texts alone: such errors are one cause, seen many times.
 */
export function fingerprintOf(type: string, name: string, message: string): string {
  const gist = message
    .slice(0, 500)
    .replace(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/gi, '<id>')
    .replace(/(["'`]).*?\1/g, '<text>')
    .replace(/\b0x[0-9a-f]+\b|\b[0-9a-f]{12,}\b/gi, '<hex>')
    .replace(/\d+/g, '<n>');
  return createHash('sha256').update(`${type}\n${name}\n${gist}`).digest('hex').slice(0, 16);
}
