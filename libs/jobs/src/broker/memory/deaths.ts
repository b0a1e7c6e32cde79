import type { StoredMessage } from './message';

export type DeathReason = 'expired' | 'rejected' | 'delivery_limit';

/** One entry of `x-death`, as RabbitMQ writes it; times are seconds since 1970. */
interface Death {
  count: number;
  reason: DeathReason;
  queue: string;
  time: { '!': 'timestamp'; value: number };
  exchange: string;
  'routing-keys': string[];
}

/** The headers of a message after it died in `queue`: the latest death stands first, the same death is counted up. */
export function headersAfterDeath(
  message: StoredMessage,
  queue: string,
  reason: DeathReason,
  nowMs: number,
): StoredMessage['headers'] {
  const deaths = deathsOf(message);
  const same = deaths.find((death) => death.queue === queue && death.reason === reason);
  const latest: Death = same
    ? { ...same, count: same.count + 1 }
    : {
        count: 1,
        reason,
        queue,
        time: { '!': 'timestamp', value: Math.floor(nowMs / 1_000) },
        exchange: message.exchange,
        'routing-keys': [message.routingKey],
      };
  const first =
    deaths.length > 0
      ? {}
      : { 'x-first-death-exchange': message.exchange, 'x-first-death-queue': queue, 'x-first-death-reason': reason };
  return { ...message.headers, ...first, 'x-death': [latest, ...deaths.filter((death) => death !== same)] };
}

/**
 * Whether the broker would drop this message, dead just now, rather than put it into `queue` again: it was there before, and nobody
 * rejected it since. That is how RabbitMQ stops messages from going round for ever.
 */
export function goesInCircles(headers: StoredMessage['headers'], queue: string): boolean {
  const deaths = deathsOf({ headers });
  const before = deaths.findIndex((death) => death.queue === queue);
  return before !== -1 && deaths.slice(0, before + 1).every((death) => death.reason !== 'rejected');
}

function deathsOf({ headers }: Pick<StoredMessage, 'headers'>): Death[] {
  const deaths = headers['x-death'];
  return Array.isArray(deaths) ? (deaths as Death[]) : [];
}
