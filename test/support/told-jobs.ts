import { type JobEvent, identify, newJobId, type Submission } from '../../libs/jobs/src/wire';

/** One job as a spec wants it to have been told. */
export interface ToldJob extends Partial<Omit<Submission, 'payload'>> {
  /** A custom id. */
  key?: string;
  type?: string;
  payload?: unknown;
  /** Milliseconds since 1970 at which it was submitted. Default now. */
  at?: number;
  delayMs?: number;
  worker?: string;
  /** What became of it, a second after it was submitted. */
  end?: 'active' | 'retrying' | 'completed' | 'dead' | 'cancelled' | 'expired';
  ranMs?: number;
  result?: unknown;
  failure?: { name: string; message: string; stack?: string };
}

/** The facts of one job's life, as clients and workers would tell them. */
export function tell(job: ToldJob = {}): { id: string; facts: JobEvent[] } {
  const { type = 'email.welcome', at = Date.now(), end, worker = 'w1', ranMs = 100 } = job;
  const { id, key } = job.key === undefined ? { id: idAt(at), key: undefined } : identify(job.key);
  const { payload = { to: 'ada' }, delayMs = 0, priority = 'normal', result, failure, key: _key, ...rest } = job;
  const { at: _at, end: _end, worker: _worker, ranMs: _ranMs, type: _type, ...submission } = rest;
  const of = { id, key, type, generation: 0 };
  const told = { ...of, event: 'submitted', at, delayMs, priority, ...submission, payload: JSON.stringify(payload) };
  const startedAt = at + 1_000;
  const run = { ...of, attempt: 1, delivery: 0, worker };
  const facts: unknown[] = [told];
  if (end !== undefined && end !== 'expired') facts.push({ ...run, event: 'started', at: startedAt });
  if (end !== undefined && end !== 'active')
    facts.push({ ...run, event: end, startedAt, at: startedAt + ranMs, ...ofEnd() });
  return { id, facts: facts as JobEvent[] };

  function ofEnd(): object {
    switch (end) {
      case 'completed':
        return { result: result === undefined ? undefined : JSON.stringify(result) };
      case 'dead':
        return { reason: 'attempts_exhausted', failure: failure ?? { name: 'Error', message: 'it failed' } };
      case 'retrying':
        return { delayMs: 3_600_000, failure: failure ?? { name: 'Error', message: 'it failed' } };
      case 'cancelled':
        return { cancel: 'cancel' };
      case 'expired':
      case 'active':
      case undefined:
        return {};
    }
  }
}

/** A UUIDv7 that says it was made then. */
function idAt(ms: number): string {
  const time = ms.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}${newJobId().slice(13)}`;
}
