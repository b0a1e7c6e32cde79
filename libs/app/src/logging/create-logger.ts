import { type Logger, pino } from 'pino';

/** The app's logger: JSON, one line per entry, to stdout. Written at once, so that nothing is lost when the process ends. */
export function createLogger(name: string, level: string): Logger {
  return pino({ name, level }, pino.destination({ fd: 1, sync: true }));
}
