import type { RecordedEvent } from '../contracts/job-events';

/** Members that hold JSON already: they go into the record as they stand. */
const RAW = ['payload', 'result', 'progress', 'fields'] as const;

/** One event as a line of a record batch (newline-delimited JSON). */
export function recordLine(event: RecordedEvent): string {
  for (const member of RAW) {
    const raw: unknown = member in event ? event[member as keyof RecordedEvent] : undefined;
    if (raw !== undefined)
      return `${JSON.stringify({ ...event, [member]: undefined }).slice(0, -1)},"${member}":${String(raw)}}`;
  }
  return JSON.stringify(event);
}
