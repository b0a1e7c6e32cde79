import type { JobEvent } from '@scutwork/jobs/wire';

/** Sorts as text in the order in which a job said what it said; two runs never say two things in one place. */
export function placeOf(fact: Extract<JobEvent, { event: 'progressed' | 'logged' }>): string {
  const padded = (value: number, digits: number): string => String(value).padStart(digits, '0');
  const { generation, attempt, at, seq, worker } = fact;
  return [padded(generation, 10), padded(attempt, 10), padded(at, 16), padded(seq, 10), worker.slice(0, 200)].join('.');
}
