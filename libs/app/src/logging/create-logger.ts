import { type Logger, pino } from 'pino';

/** The app's logger: JSON, one line per entry, to stdout. Written at once, so that nothing is lost when the process ends. */
export function createLogger(name: string, level: string): Logger {
  const stdout = pino.destination({ fd: 1, sync: true });
  // Whoever read our lines may have gone: that must not end a worker in the middle of its jobs.
  stdout.on('error', () => undefined);
  return pino({ name, level }, stdout);
}
