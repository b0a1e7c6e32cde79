import type { JobEvent, LogLevel, ScutworkEvent } from '../contracts/job-events';
import type { JsonText } from '../contracts/json';
import type { DeadReason, Failure } from '../contracts/outcome';
import type { EventBus } from '../events/event-bus';

/** A line that a handler wrote by `context.log`. */
export interface LogLine {
  level: LogLevel;
  message: string;
  fields: unknown;
}

/** One attempt of one job that has come to an end. */
export interface FinishedRun {
  id: string;
  key: string | undefined;
  type: string;
  /** 1 for the first. */
  attempt: number;
  outcome: 'completed' | 'retrying' | 'dead' | 'expired' | 'deferred' | 'suspected' | 'adopted';
  /** What the handler returned, as JSON made it. */
  result: unknown;
  /** Why it failed. */
  failure: Failure | undefined;
  /** Why it was given up. */
  reason: DeadReason | undefined;
  /** Milliseconds until the next attempt, for `retrying` and `deferred`. */
  delayMs: number | undefined;
  logs: LogLine[];
  /** Every value given to `context.progress`. */
  progress: unknown[];
}

type EndEvent = Extract<JobEvent, { event: FinishedRun['outcome'] }>;
const ENDS = new Set<string>(['completed', 'retrying', 'dead', 'expired', 'deferred', 'suspected', 'adopted']);

/** Gathers the runs that a bus tells of. */
export class FinishedRuns {
  readonly all: FinishedRun[] = [];
  private readonly said = new Map<string, Pick<FinishedRun, 'logs' | 'progress'>>();

  constructor(events: EventBus) {
    events.onAny((event) => this.hear(event));
  }

  private hear(event: ScutworkEvent): void {
    if (event.event === 'logged') {
      this.saidBy(event.id, event.attempt).logs.push({
        level: event.level,
        message: event.message,
        fields: valueOf(event.fields),
      });
    } else if (event.event === 'progressed') {
      this.saidBy(event.id, event.attempt).progress.push(valueOf(event.progress));
    } else if (isEnd(event)) {
      this.all.push(finished(event, this.saidBy(event.id, event.attempt)));
      this.said.delete(`${event.id}/${event.attempt}`);
    }
  }

  private saidBy(id: string, attempt: number): Pick<FinishedRun, 'logs' | 'progress'> {
    const key = `${id}/${attempt}`;
    const said = this.said.get(key) ?? { logs: [], progress: [] };
    this.said.set(key, said);
    return said;
  }
}

const isEnd = (event: ScutworkEvent): event is EndEvent => ENDS.has(event.event);

function finished(event: EndEvent, said: Pick<FinishedRun, 'logs' | 'progress'>): FinishedRun {
  return {
    ...{ id: event.id, key: event.key, type: event.type, attempt: event.attempt, outcome: event.event },
    result: event.event === 'completed' ? valueOf(event.result) : undefined,
    failure: 'failure' in event ? event.failure : undefined,
    reason: event.event === 'dead' ? event.reason : undefined,
    delayMs: 'delayMs' in event ? event.delayMs : undefined,
    ...said,
  };
}

export const valueOf = (text: JsonText | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));
