import type { IncomingMessage } from '@scutwork/jobs';
import type { RecordedEvent } from '@scutwork/jobs/wire';
import { factFault } from './fact-shape';

/** A line that tells no fact, and why. */
export interface BadLine {
  line: string;
  reason: string;
}

/** What a message of `jobs.records` tells, one fact per line; a line that is none is told apart. */
export function readRecords({ body }: IncomingMessage): { facts: RecordedEvent[]; bad: BadLine[] } {
  const facts: RecordedEvent[] = [];
  const bad: BadLine[] = [];
  for (const line of body.toString().split('\n')) {
    const fact = parsed(line);
    const reason = fact === undefined ? 'it is no JSON' : factFault(fact);
    if (reason === undefined) facts.push(fact as RecordedEvent);
    else bad.push({ line, reason });
  }
  return { facts, bad };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined; // Told apart, with the reason, by whoever reads the lines.
  }
}
