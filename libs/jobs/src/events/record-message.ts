import type { OutgoingMessage } from '../contracts/message';
import type { Names } from '../topology/names';

/** A batch of record lines as one message for the ledger. Not mandatory: without a ledger it vanishes in the broker. */
export function recordMessage(names: Names, lines: readonly string[]): OutgoingMessage {
  return {
    exchange: names.records,
    routingKey: '',
    body: Buffer.from(lines.join('\n')),
    mandatory: false,
    type: 'records.v1',
    contentType: 'application/x-ndjson',
  };
}
