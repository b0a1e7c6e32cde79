import { HEADER } from '../contracts/headers';
import type { HeaderValue } from '../contracts/message';
import { isWaitHeader } from './ladder';

const OWN = new Set<string>(Object.values(HEADER));
/**
 * Of the broker's making. Before RabbitMQ 4.0 a message republished with its `x-death` counts as cycling and is
 * silently dropped.
 */
export const BROKERS_OWN_HEADER = /^(x-(first-|last-)?death|x-delivery-count$|x-acquired-count$|CC$|BCC$)/;

/** Headers of others travel on, with every attempt: trace baggage and the like. */
export function foreignHeaders(headers: Readonly<Record<string, unknown>>): Record<string, HeaderValue> {
  const kept: Record<string, HeaderValue> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (OWN.has(name) || BROKERS_OWN_HEADER.test(name) || isWaitHeader(name)) continue;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') kept[name] = value;
  }
  return kept;
}
