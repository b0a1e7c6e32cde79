/** What the person at the terminal sees. */
export interface Screen {
  say(text: string): void;
  warn(text: string): void;
}

export function terminal(): Screen {
  // The terminal may be closed while we still have things to stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const paint = (code: number, text: string) => (process.stderr.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    say: (text) => void process.stdout.write(`${text}\n`),
    warn: (text) => void process.stderr.write(`${paint(33, text)}\n`),
  };
}

/** An address without its password. */
export function masked(urls: string): string {
  return urls
    .split(',')
    .map((url) => url.trim().replace(/^([a-z]+:\/\/[^:@/]*):.*@/i, '$1:***@'))
    .join(', ');
}

/** An error as the person at the terminal needs it: what went wrong and what to do. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, hint } = error as { code?: unknown; hint?: unknown };
  const head = typeof code === 'string' ? `${code}: ${error.message}` : (error.stack ?? error.message);
  return typeof hint === 'string' ? `${head}\n${hint}` : head;
}
