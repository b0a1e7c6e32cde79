import { HEADER } from '../contracts/headers';
import type { IncomingMessage } from '../contracts/message';

/** How often the worker of a suspect has died while it ran, or seemed to. */
export function deathsOf(message: IncomingMessage): number {
  return counted(message, HEADER.deaths) + message.deliveryCount;
}

/** What is put back unrun is another message, which must not be taken for a redelivery of the one before. */
export function suspectKey(message: IncomingMessage): string {
  return `suspect/${counted(message, HEADER.deaths)}/${counted(message, HEADER.putBack)}`;
}

/** On a suspect that goes back and is no nearer to being dead by that. */
export function putBackHeaders(message: IncomingMessage): Record<string, number> {
  return { [HEADER.deaths]: deathsOf(message), [HEADER.putBack]: counted(message, HEADER.putBack) + 1 };
}

function counted(message: IncomingMessage, header: string): number {
  const value = message.headers[header];
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
