import type { Broker, StreamReader } from '../broker/broker';
import { isUp } from '../broker/is-up';
import { BEAT_MS, type CancelKind, type ControlMessage, type ScheduleEntry } from '../contracts/control';
import type { EventSink } from '../events/event-bus';
import type { Clock } from '../lifecycle/clock';
import type { Service } from '../lifecycle/service';
import type { Names } from '../topology/names';
import { catchUp } from './catch-up';
import { ControlState } from './control-state';
import type { JobAtHand } from './in-force';
import { lookForLedger } from './look-for-ledger';
import { readInRounds } from './rounds';

/** A beat may come so much later than it should. */
const BEAT_LATE_MS = 2_000;

/**
 * How far what is in force is known.
 * - `unknown`: not yet, or not since the connection was lost. Nothing may be started.
 * - `absent`: no ledger has ever run here, nobody steers.
 * - `present`: everything up to the newest message is known.
 */
export type Standing = 'unknown' | 'absent' | 'present';

/** What a worker asks before it starts a job. */
export interface Control {
  readonly standing: Standing;
  /** The last version that is wholly in force here; undefined where there is no ledger. */
  readonly version: number | undefined;
  isQueuePaused(queue: string): boolean;
  isTypePaused(type: string): boolean;
  /**
   * How many jobs of the queue this worker may run at a time: its share of the queue's cap across all workers, 0 until it
   * is given one; undefined where the queue has no cap.
   */
  shareOf(queue: string, worker: string): number | undefined;
  /** False where no job is revoked: then `revocationOf` need not be asked. */
  readonly revokes: boolean;
  revocationOf(job: JobAtHand): CancelKind | undefined;
}

export interface ControlStreamOptions {
  broker: Broker;
  names: Names;
  clock: Clock;
  events: EventSink;
}

/**
 * What the ledger has put in force, read from the broker alone: at the start, and again after each loss of connection.
 * It answers from memory at any moment; before it has reached the present it goes on answering what was known before.
 *
 * @example
 * const control = new ControlStream({ broker, names, clock, events });
 * await control.start();
 * await control.ready();
 * control.isQueuePaused('email');
 */
export class ControlStream implements Control, Service {
  private current: Standing = 'unknown';
  private state = new ControlState();
  private reader: StreamReader | undefined;
  /** Aborted when all must be read again. */
  private round = new AbortController();
  private readonly stopping = new AbortController();
  private readonly listeners = new Set<() => void>();
  private beatAtMs: number | undefined;
  private following: Promise<void> | undefined;
  private stopListening: (() => void) | undefined;

  constructor(private readonly options: ControlStreamOptions) {}

  get standing(): Standing {
    return this.current;
  }

  get version(): number | undefined {
    return this.current === 'absent' ? undefined : this.state.version;
  }

  /** The database's clock minus this one, in milliseconds; undefined before the first beat. */
  get clockOffsetMs(): number | undefined {
    return this.state.clockOffsetMs;
  }

  /** When the last beat came or, of one that was read late, was made; by our clock, in milliseconds since 1970. */
  get beatAt(): number | undefined {
    return this.beatAtMs;
  }

  /** Those that tick, by name. */
  get schedules(): ReadonlyMap<string, ScheduleEntry> {
    return this.state.schedules;
  }

  get revokes(): boolean {
    return this.state.revokes;
  }

  isQueuePaused(queue: string): boolean {
    return this.state.isQueuePaused(queue);
  }

  isTypePaused(type: string): boolean {
    return this.state.isTypePaused(type);
  }

  shareOf(queue: string, worker: string): number | undefined {
    return this.state.shareOf(queue, worker);
  }

  revocationOf(job: JobAtHand): CancelKind | undefined {
    return this.state.revocationOf(job);
  }

  /** Called whenever the standing, or anything in force, may be otherwise; the returned function unsubscribes. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Begins to read and resolves at once. */
  async start(): Promise<void> {
    if (this.following || this.stopping.signal.aborted) return;
    this.stopListening = this.options.broker.onState((state) => {
      if (!isUp(state)) this.readAgain();
    });
    const begin = (): AbortSignal => (this.round = new AbortController()).signal;
    const read = (signal: AbortSignal): Promise<void> => this.readOnce(signal);
    this.following = readInRounds({ ...this.options, stopping: this.stopping.signal, begin, read });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.stopListening?.();
    this.readAgain();
    await this.following;
    this.changed();
  }

  /** Resolves when a job may be judged: the present is reached, there is no ledger, or this was stopped. */
  async ready(): Promise<void> {
    if (this.current !== 'unknown' || this.stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const off = this.onChange(() => {
        if (this.current === 'unknown' && !this.stopping.signal.aborted) return;
        off();
        resolve();
      });
    });
  }

  /** What was read is not trusted any more: it is read again, and until then the standing is `unknown`. */
  readAgain(): void {
    this.round.abort();
    this.enter('unknown');
  }

  /** One round: ends when all must be read again. @throws BrokerError */
  private async readOnce(signal: AbortSignal): Promise<void> {
    try {
      await this.readUntil(signal);
    } catch (error) {
      this.readAgain();
      throw error;
    } finally {
      await this.reader?.close();
      this.reader = undefined;
    }
  }

  private async readUntil(signal: AbortSignal): Promise<void> {
    const { broker, names, clock, events } = this.options;
    const absent = (): void => this.take(ControlState.empty(), 'absent');
    await lookForLedger({ broker, clock, queue: names.control, signal, absent });
    if (signal.aborted) return;
    // What was absent is there now.
    this.enter('unknown');
    const lost = new Promise<never>((_, reject) => {
      const onLost = (reason: string): void => reject(new Error(reason));
      const onMessage = (state: ControlState, message: ControlMessage): void => this.receive(state, message);
      const wasRead = (this.state.version ?? 0) > 0;
      void this.catchUp({ broker, queue: names.control, clock, events, signal, wasRead, onLost, onMessage }).catch(
        reject,
      );
    });
    await Promise.race([lost, aborted(signal)]);
  }

  private async catchUp(going: Parameters<typeof catchUp>[0]): Promise<void> {
    const present = await catchUp(going);
    if (!present) return;
    if (going.signal.aborted) return present.reader.close();
    this.reader = present.reader;
    this.trustClock(present.state);
    going.events.emit({ event: 'control.reached', version: present.state.version ?? 0 });
    this.take(present.state, 'present');
  }

  /**
   * When a beat of the past came is not known, but that beats are 5 s apart: a clock that agrees with it will do until the
   * next one comes, and nobody waits for that.
   */
  private trustClock({ lastBeat }: ControlState): void {
    const sinceMs = this.options.clock.now() - (lastBeat ?? Number.NEGATIVE_INFINITY);
    if (sinceMs >= 0 && sinceMs <= BEAT_MS + BEAT_LATE_MS) this.beatAtMs = lastBeat;
  }

  private receive(state: ControlState, message: ControlMessage): void {
    const now = this.options.clock.now();
    if (message.kind === 'beat') this.beatAtMs = now;
    const otherwise = state.apply(message, now);
    if (otherwise && state === this.state) this.changed();
  }

  private take(state: ControlState, standing: Standing): void {
    this.state = state;
    this.current = standing;
    this.changed();
  }

  private enter(standing: Standing): void {
    if (this.current === standing) return;
    this.current = standing;
    this.changed();
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
