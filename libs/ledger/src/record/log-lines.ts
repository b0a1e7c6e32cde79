import type { JobEvent } from '@scutwork/jobs/wire';
import { placeOf } from './place';

interface LogLine {
  job_id: string;
  seq: string;
  attempt: number;
  at: number;
  level: string;
  message: string;
  fields: string | undefined;
}

/** What handlers said among these facts, as rows. */
export function logLines(facts: readonly JobEvent[]): LogLine[] {
  return facts.flatMap((fact) =>
    fact.event === 'logged'
      ? {
          job_id: fact.id,
          seq: placeOf(fact),
          attempt: fact.attempt,
          at: fact.at,
          level: fact.level,
          message: fact.message,
          fields: fact.fields,
        }
      : [],
  );
}
