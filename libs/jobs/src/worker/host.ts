import type { JobEvent } from '../contracts/job-events';
import type { RecordBatches } from '../events/record-batches';
import { runFacts } from './attempt';
import type { Handler, KnownType } from './handlers';
import { chain } from './middleware/chain';
import type { PerformHost } from './perform';
import { submittedBy } from './report';
import { type Run, idOf } from './run';
import type { WorkerSettings } from './worker-options';

/** How long a run may go before its start is recorded by itself: the outcome of a shorter one says when it started. */
const SHORT_RUN_MS = 50;

/** What a running attempt needs of its worker: clock, handlers, and where its facts go. */
export function makeHost(
  settings: WorkerSettings,
  records: RecordBatches,
  mayStart: (run: Run) => boolean,
): PerformHost {
  const { clock, events, name } = settings;
  const handlers = new Map<KnownType | undefined, Handler>(
    settings.handlers.all().map((known) => [known, chain(settings.middleware, known.handle)]),
  );
  const recording = settings.records === 'on';
  const fresh: Run[] = [];

  const note = (event: JobEvent): void => {
    if (recording) records.add(event);
    events.emit(event);
  };
  const started = (run: Run): JobEvent => ({ event: 'started', ...runFacts(run, name, run.startedAt ?? clock.now()) });

  const recordStarts = (): void => {
    for (const run of fresh.splice(0)) if (!run.ended) records.add(started(run));
  };

  return {
    worker: name,
    now: () => clock.now(),
    after: (delayMs, action) => clock.after(delayMs, action),
    note,
    mayStart,
    handlerFor: (run) => {
      const handler = handlers.get(run.known);
      if (!handler) throw new TypeError(`No handler for ${run.job.type}: screen lets no such job pass`);
      return handler;
    },
    onStarted: (run) => {
      if (events.wants('started')) events.emit(started(run));
      if (!recording) return;
      if (!run.job.recorded) records.add(submittedBy(run, clock.now()));
      if (fresh.push(run) === 1) clock.after(SHORT_RUN_MS, recordStarts);
    },
    onSignalIgnored: (run, runningMs) => {
      events.emit({ event: 'signal.ignored', id: idOf(run), type: run.job.type, attempt: run.job.attempt, runningMs });
    },
  };
}
