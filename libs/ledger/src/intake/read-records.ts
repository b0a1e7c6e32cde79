import type { IncomingMessage } from '@scutwork/jobs';
import type { RecordedEvent } from '@scutwork/jobs/wire';

/** The facts that a message of `jobs.records` tells, one per line. @throws Error when a line is none */
export function readRecords({ body }: IncomingMessage): RecordedEvent[] {
  return body.toString().split('\n').map(readLine);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function readLine(line: string): RecordedEvent {
  const fact = JSON.parse(line) as RecordedEvent;
  if ('id' in fact && !UUID.test(fact.id))
    throw new Error(`the id ${JSON.stringify(fact.id).slice(0, 100)} is no UUID`);
  return fact;
}
