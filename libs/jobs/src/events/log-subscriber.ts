import type { Logger } from 'pino';
import type { EventName, LogLevel, ScutworkEvent } from '../contracts/job-events';
import type { Failure } from '../contracts/outcome';
import type { EventBus } from './event-bus';

type EventOf<N extends EventName> = Extract<ScutworkEvent, { event: N }>;
type Members = Record<string, unknown>;

/** How one kind of fact is written: how loud, and which of its members. Those of the job itself come by themselves. */
interface Line<N extends EventName> {
  /** `logged` has the level that the handler chose. */
  level: LogLevel;
  members?: (event: EventOf<N>) => Members;
}

/** One line per kind. Payloads, results, progress and the fields of job logs appear in none of them. */
const LINES: { [N in EventName]: Line<N> } = {
  submitted: { level: 'debug', members: (e) => pick(e, 'priority', 'delayMs', 'schedule', 'correlationId') },
  started: { level: 'debug' },
  progressed: { level: 'debug' },
  logged: { level: 'debug' },
  completed: { level: 'info', members: ranMs },
  retrying: { level: 'warn', members: (e) => ({ ...ranMs(e), delayMs: e.delayMs, err: errorOf(e.failure) }) },
  dead: { level: 'error', members: (e) => ({ ...ranMs(e), reason: e.reason, err: errorOf(e.failure) }) },
  expired: { level: 'warn' },
  cancelled: { level: 'info', members: (e) => pick(e, 'cancel') },
  deferred: { level: 'info', members: (e) => pick(e, 'delayMs') },
  suspected: { level: 'warn', members: (e) => pick(e, 'deliveries') },
  adopted: { level: 'debug' },
  'broker.connected': { level: 'info', members: (e) => ({ url: maskSecrets(e.url), version: e.version }) },
  'broker.disconnected': { level: 'warn' },
  'broker.blocked': { level: 'warn' },
  'broker.unblocked': { level: 'info' },
  'broker.degraded': { level: 'warn' },
  'channel.closed': { level: 'warn', members: (e) => pick(e, 'queue') },
  'delivery.failed': { level: 'error', members: (e) => pick(e, 'queue') },
  'topology.drifted': { level: 'warn', members: (e) => ({ difference: maskSecrets(e.difference) }) },
  'worker.started': { level: 'info', members: (e) => pick(e, 'worker', 'queues') },
  'worker.stopped': { level: 'info', members: (e) => pick(e, 'worker', 'handedBack') },
  'worker.seen': { level: 'debug', members: (e) => ({ ...pick(e, 'worker', 'held'), running: e.running.length }) },
  'queue.probed': {
    level: 'debug',
    members: (e) => ({ ...pick(e, 'worker', 'queue', 'priority'), held: e.held.length }),
  },
  'control.reached': { level: 'info', members: (e) => pick(e, 'version') },
  'control.skipped': { level: 'warn' },
  'control.failed': { level: 'error' },
  'backlog.unknown': { level: 'warn' },
  'queue.paused': { level: 'info', members: (e) => pick(e, 'worker', 'queue', 'handedBack') },
  'queue.resumed': { level: 'info', members: (e) => pick(e, 'worker', 'queue') },
  'lease.lost': { level: 'warn', members: (e) => pick(e, 'worker') },
  'lease.regained': { level: 'info', members: (e) => pick(e, 'worker') },
  'worker.spooled': { level: 'warn', members: (e) => pick(e, 'worker', 'outcomes') },
  'worker.unspooled': { level: 'info', members: (e) => pick(e, 'worker', 'outcomes') },
  'record.failed': { level: 'warn' },
  'announcements.left_out': { level: 'warn', members: (e) => pick(e, 'announcements') },
  'settle.failed': { level: 'error' },
  'signal.ignored': { level: 'warn', members: (e) => pick(e, 'runningMs') },
  'schedule.ticked': { level: 'debug', members: (e) => ({ ...ofTick(e), lateMs: e.lateMs }) },
  'schedule.failed': { level: 'warn', members: ofTick },
  'schedules.registered': { level: 'info', members: (e) => pick(e, 'schedules') },
  'schedules.unregistered': { level: 'warn', members: (e) => pick(e, 'reason') },
};

/**
 * Writes every fact as one log line with `event`, and for those about a job `jobId`, `type` and `attempt`, and `traceId`
 * where there is one. The only place where this library logs. Payloads, results, progress and the fields of job logs are
 * never written: they may hold what must not be read here. Facts below the logger's level cost nothing.
 *
 * @returns a function that ends it
 * @example const stop = logEvents(events, pino({ name: 'workers' }));
 */
export function logEvents(events: EventBus, logger: Logger): () => void {
  const stops = (Object.keys(LINES) as EventName[])
    .filter((name) => name === 'logged' || logger.isLevelEnabled(LINES[name].level))
    .map((name) => events.on(name, (event: ScutworkEvent) => write(logger, event)));
  return () => stops.forEach((stop) => stop());
}

function write(logger: Logger, event: ScutworkEvent): void {
  const line = LINES[event.event] as Line<EventName>;
  const level = event.event === 'logged' ? event.level : line.level;
  logger[level]({ event: event.event, ...ofJob(event), ...line.members?.(event) }, sentenceOf(event));
}

/** Which job, run and trace a line belongs to; the same names on every line. */
function ofJob(event: ScutworkEvent): Members {
  if (!('id' in event)) return {};
  return {
    jobId: event.id,
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

function sentenceOf(event: ScutworkEvent): string {
  if (event.event === 'logged') return maskSecrets(event.message);
  const subject = 'type' in event ? `${event.type} ` : '';
  const reason = 'reason' in event ? event.reason : '';
  return `${subject}${event.event.replace('.', ' ')}${reason && `: ${maskSecrets(reason)}`}`;
}

function pick<E extends ScutworkEvent>(event: E, ...names: (keyof E)[]): Members {
  return Object.fromEntries(names.map((name) => [name, event[name]]));
}

function ranMs(event: { at: number; startedAt?: number }): Members {
  return { ranMs: event.startedAt === undefined ? undefined : event.at - event.startedAt };
}

function ofTick(event: { schedule: string; instant: number }): Members {
  return { schedule: event.schedule, instant: new Date(event.instant).toISOString() };
}

/** In the members that pino and its readers know. Pino takes the type from the constructor, if there is one. */
function errorOf({ name, message, code, stack }: Failure): Members {
  const members = { name, message: maskSecrets(message), code, stack: stack && maskSecrets(stack) };
  return Object.assign(Object.create(null) as Members, members);
}

/** Errors like to quote the address that failed, with its password. */
function maskSecrets(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]*):[^\s/]+@/gi, '$1:***@');
}
