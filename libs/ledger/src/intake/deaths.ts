/** Why and where the broker gave a message up, as its header `x-death` says. */
export interface Death {
  /** `rejected`, `delivery_limit`, `expired`, `maxlen`. */
  reason: string;
  queue: string;
  exchange: string;
  routingKey: string;
  /** Milliseconds since 1970, to the second. */
  atMs: number | undefined;
}

/** The last death of a message; undefined for one that the broker has never given up. */
export function deathOf(headers: Readonly<Record<string, unknown>>): Death | undefined {
  const deaths = headers['x-death'];
  const last: unknown = Array.isArray(deaths) ? deaths[0] : undefined;
  if (typeof last !== 'object' || last === null) return undefined;
  const { reason, queue, exchange, time, 'routing-keys': keys } = last as Record<string, unknown>;
  return {
    ...{ reason: text(reason), queue: text(queue), exchange: text(exchange) },
    routingKey: text(Array.isArray(keys) ? keys[0] : undefined),
    atMs: timeMs(time),
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** amqplib gives a timestamp within a table as an object of its own. */
function timeMs(value: unknown): number | undefined {
  const seconds: unknown = typeof value === 'object' && value !== null ? (value as { value?: unknown }).value : value;
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1_000 : undefined;
}
