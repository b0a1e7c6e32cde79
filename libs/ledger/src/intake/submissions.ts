import { type Delivery, HEADER, type IncomingMessage, type Publisher, ScutworkError } from '@scutwork/jobs';
import type { SubmissionAnswer } from '@scutwork/jobs/wire';
import type { SubmitEntry, Submitting } from '../api';
import { LedgerError } from '../store/ledger-error';
import type { Park } from './park';
import { type TicksIntakeOptions, takeTicks } from './ticks';

export interface SubmissionsOptions {
  ledger: Submitting;
  publisher: Publisher;
  park: Park;
  scheduling: TicksIntakeOptions;
}

/**
 * Takes submissions that the ledger decides from `jobs.submit`, and answers whoever waits for it, after the commit. Those
 * of one batch share transactions. One that is refused and that nobody waits for is parked.
 */
export function takeSubmissions(options: SubmissionsOptions): (deliveries: readonly Delivery[]) => Promise<void> {
  return async (deliveries) => {
    const others = await takeTicks(deliveries, options.scheduling);
    await Promise.all(others.map(({ message }) => take(message, options)));
  };
}

async function take(message: IncomingMessage, options: SubmissionsOptions): Promise<void> {
  const said = await decide(message, options.ledger);
  const replyTo = message.headers[HEADER.replyTo];
  if (typeof replyTo === 'string' && message.messageId !== undefined) {
    // Whoever asked may be gone; without an answer it asks again, with the same id.
    options.publisher.publish(answerOf(said, replyTo, message.messageId), () => undefined);
  } else if ('error' in said) {
    const { body, messageId, type, queue } = message;
    await options.park({ body, messageId, type, from: queue, reason: `${said.error.code}: ${said.error.message}` });
  }
}

/** @throws what the database throws while it is away */
async function decide(message: IncomingMessage, ledger: Submitting): Promise<SubmissionAnswer> {
  try {
    const [job] = await ledger.submit([entryIn(message)]);
    if (job) return { job };
    return { error: { code: 'submission_refused', message: 'nothing was submitted' } };
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'database_unreachable') throw error.cause;
    if (!(error instanceof LedgerError || error instanceof ScutworkError)) throw error;
    const { code, message: text, field, hint } = error;
    // It was one job of one call: nobody there knows of `jobs[0]`.
    return { error: { code, message: text, field: field?.replace(/^jobs\[0\]\./, ''), hint } };
  }
}

function entryIn({ body }: IncomingMessage): SubmitEntry {
  const entry = parsed(body);
  if (typeof entry === 'object' && entry !== null && 'type' in entry && typeof entry.type === 'string') {
    return entry as SubmitEntry;
  }
  throw new LedgerError('options_invalid', 'The body of a submission must be {"type", "payload", "options"} as JSON', {
    hint: 'See the wire contract.',
  });
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined; // Refused as a submission of another shape is.
  }
}

function answerOf(said: SubmissionAnswer, replyTo: string, correlationId: string) {
  return {
    ...{ exchange: '', routingKey: replyTo, mandatory: false, contentType: 'application/json', correlationId },
    body: Buffer.from(JSON.stringify(said)),
  };
}
