import type { Logger } from 'pino';
import type { EventName, LogLevel, ScutworkEvent } from '../contracts/job-events';
import type { Failure } from '../contracts/outcome';
import type { EventBus } from './event-bus';

/** How loud each fact is. `logged` is what a handler says itself, at the level it chose. */
const LEVELS: Record<EventName, LogLevel> = {
  submitted: 'debug',
  started: 'debug',
  progressed: 'debug',
  logged: 'debug',
  completed: 'info',
  retrying: 'warn',
  dead: 'error',
  expired: 'warn',
  deferred: 'info',
  suspected: 'warn',
  adopted: 'debug',
  'broker.connected': 'info',
  'broker.disconnected': 'warn',
  'broker.blocked': 'warn',
  'broker.unblocked': 'info',
  'broker.degraded': 'warn',
  'channel.closed': 'warn',
  'delivery.failed': 'error',
  'topology.drifted': 'warn',
  'worker.started': 'info',
  'worker.stopped': 'info',
  'worker.seen': 'debug',
  'worker.spooled': 'warn',
  'worker.unspooled': 'info',
  'record.failed': 'warn',
  'settle.failed': 'error',
  'signal.ignored': 'warn',
  'schedule.ticked': 'info',
  'schedule.failed': 'error',
};

/**
 * Writes every fact as one log line with `event`, `jobId`, `type` and `attempt`, and `traceId` where there is one. The
 * only place where this library logs. Payloads, results, progress and the fields of job logs are never written: they
 * may hold what must not be read here. Facts below the logger's level cost nothing.
 *
 * @returns a function that ends it
 * @example const stop = logEvents(events, pino({ name: 'workers' }));
 */
export function logEvents(events: EventBus, logger: Logger): () => void {
  const stops = (Object.keys(LEVELS) as EventName[])
    .filter((name) => name === 'logged' || logger.isLevelEnabled(LEVELS[name]))
    .map((name) => events.on(name, (event) => write(logger, event)));
  return () => stops.forEach((stop) => stop());
}

function write(logger: Logger, event: ScutworkEvent): void {
  const level = event.event === 'logged' ? event.level : LEVELS[event.event];
  if (logger.isLevelEnabled(level))
    logger[level]({ event: event.event, ...subjectOf(event), ...detailOf(event) }, sentenceOf(event));
}

/** Which job, run and trace a line belongs to; the same names on every line. */
function subjectOf(event: ScutworkEvent): Record<string, unknown> {
  return {
    jobId: 'id' in event ? event.id : undefined,
    jobKey: 'key' in event ? event.key : undefined,
    type: 'type' in event ? event.type : undefined,
    attempt: 'attempt' in event ? event.attempt : undefined,
    traceId: 'traceparent' in event ? traceIdOf(event.traceparent) : undefined,
  };
}

/** The second part of a W3C `traceparent`. */
function traceIdOf(traceparent: unknown): string | undefined {
  return typeof traceparent === 'string' ? /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent)?.[1] : undefined;
}

function detailOf(event: ScutworkEvent): Record<string, unknown> {
  switch (event.event) {
    case 'submitted':
      return {
        priority: event.priority,
        delayMs: event.delayMs,
        schedule: event.schedule,
        correlationId: event.correlationId,
      };
    case 'completed':
    case 'expired':
    case 'adopted':
      return { ranMs: ranMs(event) };
    case 'retrying':
      return { ranMs: ranMs(event), delayMs: event.delayMs, err: errorOf(event.failure) };
    case 'dead':
      return { ranMs: ranMs(event), reason: event.reason, err: errorOf(event.failure) };
    case 'deferred':
      return { delayMs: event.delayMs, reason: event.reason };
    case 'suspected':
      return { deliveries: event.deliveries };
    case 'broker.connected':
      return { url: maskSecrets(event.url), version: event.version };
    case 'delivery.failed':
    case 'channel.closed':
      return { queue: event.queue };
    case 'worker.started':
      return { worker: event.worker, queues: event.queues };
    case 'worker.stopped':
      return { worker: event.worker, handedBack: event.handedBack };
    case 'worker.seen':
      return { worker: event.worker, running: event.running.length, held: event.held };
    case 'worker.spooled':
    case 'worker.unspooled':
      return { worker: event.worker, outcomes: event.outcomes };
    case 'signal.ignored':
      return { runningMs: event.runningMs };
    case 'schedule.ticked':
      return { schedule: event.schedule, instant: new Date(event.instant).toISOString(), jobId: event.jobId };
    case 'schedule.failed':
      return { schedule: event.schedule, instant: new Date(event.instant).toISOString() };
    default:
      return {};
  }
}

function sentenceOf(event: ScutworkEvent): string {
  switch (event.event) {
    case 'logged':
      return maskSecrets(event.message);
    case 'retrying':
    case 'dead':
      return `${event.type} ${event.event}: ${maskSecrets(event.failure.message)}`;
    case 'topology.drifted':
      return `topology drifted: ${maskSecrets(event.difference)}`;
    default: {
      const subject = 'type' in event ? `${event.type} ` : '';
      const reason = 'reason' in event ? `: ${maskSecrets(event.reason)}` : '';
      return `${subject}${event.event.replace('.', ' ')}${reason}`;
    }
  }
}

function ranMs(event: { at: number; startedAt?: number }): number | undefined {
  return event.startedAt === undefined ? undefined : event.at - event.startedAt;
}

/** In the members that pino and its readers know. */
function errorOf(failure: Failure): Record<string, unknown> {
  const { name, message, code, stack } = failure;
  return { type: name, message: maskSecrets(message), code, stack: stack && maskSecrets(stack) };
}

/** Errors like to quote the address that failed, with its password. */
function maskSecrets(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]*):[^\s/]+@/gi, '$1:***@');
}
