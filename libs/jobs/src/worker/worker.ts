import type { Publisher } from '../broker/broker';
import type { RecordedEvent } from '../contracts/job-events';
import { ControlStream } from '../control/control-stream';
import { AnnouncedEvents } from '../events/announced-events';
import { Announcer } from '../events/announcer';
import { RecordBatches } from '../events/record-batches';
import { within } from '../lifecycle/pause';
import { DEFAULT_STOP_DEADLINE_MS, type Service, type ServiceState, type StopOptions } from '../lifecycle/service';
import { planTopology } from '../topology/plan';
import { checkConsumerTimeout } from './consumer-timeout';
import { Heartbeat } from './heartbeat';
import { Levels } from './levels';
import { makeHost } from './host';
import { abortCancelled, revocationOf } from './revoked';
import { idOf } from './run';
import { Runs } from './runs';
import { Settler } from './settle';
import { Spool } from './spool';
import { type SpoolDrain, makeSpoolDrain } from './spool-drain';
import { type QueueOptions, type WorkerOptions, type WorkerSettings, resolveWorkerOptions } from './worker-options';

/** After the deadline the signals of what still runs are aborted; so long a handler has to heed it. */
const ABORT_GRACE_MS = 500;

/** How one queue is worked, as health and banners show it. */
export interface WorkedQueue extends Required<QueueOptions> {
  name: string;
}

/**
 * Takes jobs from the broker and runs their handlers. Needs no database and no producer.
 *
 * @example
 * const handlers = new Handlers();
 * handlers.register(Welcome, async ({ to }, context) => { … });
 * const worker = new Worker({ broker, handlers, queues: { email: { concurrency: 5 } } });
 * await worker.start();
 */
export class Worker implements Service {
  private readonly settings: WorkerSettings;
  private readonly announced: AnnouncedEvents;
  private readonly announcer: Announcer;
  private readonly runs = new Runs();
  private levels: Levels[] = [];
  private publisher: Publisher | undefined;
  private settler: Settler | undefined;
  private records: RecordBatches | undefined;
  private control: ControlStream | undefined;
  private heartbeat: Heartbeat | undefined;
  private readonly spool: Spool | undefined;
  private spoolDrain: SpoolDrain | undefined;
  private stopListening: (() => void) | undefined;
  private stopSpoolTimer: (() => void) | undefined;
  private stopping: Promise<void> | undefined;
  private current: ServiceState = 'new';
  /** The control version that was told last. */
  private toldVersion: number | undefined;

  /** @throws ConfigurationError naming every option at fault */
  constructor(options: WorkerOptions) {
    const settings = resolveWorkerOptions(options);
    this.announced = new AnnouncedEvents(settings.events);
    this.settings = { ...settings, events: this.announced };
    this.announcer = new Announcer({
      ...this.settings,
      onLeftOut: (announcements) => settings.events.emit({ event: 'announcements.left_out', announcements }),
    });
    this.spool =
      this.settings.spoolDir === undefined ? undefined : new Spool(this.settings.spoolDir, this.settings.name);
  }

  get state(): ServiceState {
    return this.current;
  }

  /**
   * Resolves when every queue is consumed that is not paused and of which this worker has a share, where the queue has a
   * cap; a broker that is away is waited for, and so is what a
   * ledger has put in force.
   * @throws BrokerError, ConfigurationError when the queues are not as they must be
   */
  async start(): Promise<void> {
    if (this.current !== 'new') return;
    this.current = 'starting';
    const { broker, names, queues, queueType, declare, events, name } = this.settings;
    await broker.start();
    this.assemble();
    if (declare) await broker.apply(planTopology({ names, queues: [...queues.keys()], queueType }));
    checkConsumerTimeout(this.settings);
    // Not waited for: in an alarm nothing can be told, and it is consuming that ends the alarm.
    this.spoolDrain?.now();
    await this.control?.start();
    await this.control?.ready();
    if (this.isStopping()) return;
    this.heartbeat?.start();
    await Promise.all(this.levels.map((levels) => levels.start()));
    if (this.isStopping()) return;
    this.current = 'running';
    events.emit({ event: 'worker.started', worker: name, queues: [...queues.keys()] });
  }

  /** Takes nothing new, lets what runs end until the deadline, aborts and hands back the rest. */
  stop({ deadlineMs = DEFAULT_STOP_DEADLINE_MS }: StopOptions = {}): Promise<void> {
    this.stopping ??= this.shutDown(deadlineMs);
    return this.stopping;
  }

  queues(): WorkedQueue[] {
    return [...this.settings.queues].map(([name, options]) => ({ name, ...options }));
  }

  /** Whether every consumer of every queue is open just now. */
  consuming(): boolean {
    return this.current === 'running' && this.levels.every((levels) => levels.consuming);
  }

  /** Jobs that were delivered here and wait for a slot. */
  get held(): number {
    return this.levels.reduce((held, levels) => held + levels.held, 0);
  }

  private assemble(): void {
    const { settings, runs } = this;
    this.publisher = settings.broker.publisher({
      deadlineMs: Number.POSITIVE_INFINITY,
      bufferMessages: Number.POSITIVE_INFINITY,
      bufferBytes: Number.POSITIVE_INFINITY,
    });
    this.spoolDrain = makeSpoolDrain(settings, this.publisher, this.spool);
    this.records = new RecordBatches(this.publisher, settings.names, settings.clock, settings.events);
    const settler = new Settler(settings, this.publisher, runs, this.spool);
    this.settler = settler;
    const control = (this.control = new ControlStream(settings));
    const heartbeat = (this.heartbeat = this.makeHeartbeat(control, this.records));
    const mayStart = (): boolean => heartbeat.mayStart();
    const { random, backoffFunctions, maxResultBytes } = settings;
    const shop = {
      ...{ settings, runs, settler, control, mayStart, tellSoon: () => heartbeat.soon() },
      host: makeHost(settings, this.records, (run) => mayStart() && revocationOf(run, control) === undefined),
      report: (fact: RecordedEvent) => {
        if (settings.records === 'on') this.records?.add(fact);
      },
      decider: { random, backoffFunctions, maxResultBytes },
    };
    this.levels = [...settings.queues].map(([name, options]) => new Levels(name, options, shop));
    control.onChange(() => this.steer(control));
    this.stopListening = settings.broker.onState((state) => this.onBrokerState(state.name));
  }

  private makeHeartbeat(control: ControlStream, records: RecordBatches): Heartbeat {
    return new Heartbeat(this.settings, records, {
      control,
      facts: {
        running: () => [...this.runs.all()].map(idOf),
        held: () => this.held,
        heldJobs: () => this.levels.flatMap((levels) => levels.heldJobs()),
        slots: () => Object.fromEntries(this.levels.map((levels) => [levels.queue, levels.slots.told])),
      },
      readControlAgain: () => control.readAgain(),
      wake: () => this.levels.forEach((levels) => levels.steer()),
    });
  }

  /** What is in force may be otherwise. */
  private steer(control: ControlStream): void {
    abortCancelled(this.runs, control);
    for (const levels of this.levels) levels.steer();
    this.announced.announcer = control.standing === 'absent' ? this.announcer : undefined;
    if (control.version === this.toldVersion || this.current === 'starting') return;
    this.toldVersion = control.version;
    this.heartbeat?.soon();
  }

  private async shutDown(deadlineMs: number): Promise<void> {
    if (this.current === 'new') {
      this.current = 'stopped';
      return;
    }
    this.current = 'stopping';
    const { clock } = this.settings;
    const counts = await Promise.all(this.levels.map((levels) => levels.quiet()));
    const ended = Promise.all(this.levels.map((levels) => levels.idle()));
    const inTime = await within(clock, deadlineMs, ended);
    const handedBack = counts.reduce((sum, count) => sum + count, 0) + (inTime ? 0 : await this.abortRunning(ended));
    if (this.settings.broker.state.name !== 'connected') this.settler?.startSpooling();
    if (this.settler) await within(clock, Math.max(1_000, deadlineMs / 5), this.settler.drained());
    await Promise.all(this.levels.map((levels) => levels.close()));
    await this.control?.stop();
    this.heartbeat?.leave();
    await this.records?.close(1_000);
    await this.announcer.close();
    this.spoolDrain?.stop();
    await this.spool?.close();
    this.stopSpoolTimer?.();
    this.stopListening?.();
    this.current = 'stopped';
    this.settings.events.emit({ event: 'worker.stopped', worker: this.settings.name, handedBack });
  }

  private async abortRunning(ended: Promise<unknown>): Promise<number> {
    let aborted = 0;
    for (const run of this.runs.all()) {
      if (!run.attempt || run.handedBack) continue;
      run.handedBack = true;
      run.attempt.abort(new Error('The worker is stopping; the job is handed back'));
      aborted++;
    }
    await within(this.settings.clock, ABORT_GRACE_MS, ended);
    return aborted;
  }

  private onBrokerState(state: string): void {
    if (state === 'blocked') {
      this.stopSpoolTimer ??= this.settings.clock.after(this.settings.spoolAfterMs, () => {
        this.settler?.startSpooling();
        this.settings.events.emit({
          event: 'worker.spooled',
          worker: this.settings.name,
          outcomes: this.settler?.pending ?? 0,
        });
      });
      return;
    }
    this.stopSpoolTimer?.();
    this.stopSpoolTimer = undefined;
    this.settler?.stopSpooling();
    if (state !== 'connected') return;
    this.spoolDrain?.now();
    this.heartbeat?.soon();
  }

  private isStopping(): boolean {
    return this.stopping !== undefined;
  }
}
