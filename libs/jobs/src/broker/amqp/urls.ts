import { ConfigurationError } from '../../contracts/errors';

/** The address without its password, for logs: `amqp://user:***@host:5672/vhost`. */
export function maskUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed) return 'an address that is not a URL';
  const user = parsed.username === '' ? '' : `${parsed.username}:***@`;
  return `${parsed.protocol}//${user}${parsed.host}${parsed.pathname}`;
}

/** The user that logs in; amqplib takes `guest` when the address names nobody. */
export function userOf(url: string): string {
  const parsed = new URL(url);
  return parsed.username === '' && parsed.password === '' ? 'guest' : decode(parsed.username);
}

/** The same addresses in the same order, beginning with any: or all clients of a cluster would be on its first node. */
export function fromAnyOf<T>(urls: readonly T[], random: () => number): T[] {
  const first = Math.floor(random() * urls.length);
  return [...urls.slice(first), ...urls.slice(0, first)];
}

/** The text without any password of these addresses, whatever library wrote it. */
export function withoutPasswords(text: string, urls: readonly string[]): string {
  const secrets = urls
    .flatMap((url) => {
      const password = URL.canParse(url) ? new URL(url).password : '';
      return [url, password, decode(password)];
    })
    .filter((secret) => secret !== '')
    .sort((a, b) => b.length - a.length);
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), text);
}

/**
 * Refuses what amqplib would try for ever or take for another host.
 * @throws ConfigurationError which names the place in the list, never the address
 */
export function checkUrls(urls: readonly string[]): void {
  if (urls.length === 0) throw invalid('urls is empty; it must have at least one address');
  urls.forEach((url, index) => {
    if (!URL.canParse(url)) throw invalid(`urls[${index}] is not a URL`);
    const { protocol } = new URL(url);
    if (protocol !== 'amqp:' && protocol !== 'amqps:') {
      throw invalid(`urls[${index}] begins with ${protocol}//; it must begin with amqp:// or amqps://`);
    }
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function invalid(message: string): ConfigurationError {
  return new ConfigurationError('configuration_invalid', message, {
    field: 'urls',
    hint: 'For example amqp://user:password@127.0.0.1:5672; encode special characters of the password (%40 for @).',
  });
}
