import type { Publisher, PublishFailure } from '../broker/broker';
import type { Delivery } from '../broker/delivery';
import type { JobEvent } from '../contracts/job-events';
import type { OutgoingMessage } from '../contracts/message';
import type { Outcome } from '../contracts/outcome';
import { recordMessage } from '../events/record-message';
import { type WayOf, followUp } from './follow-up';
import { type StatedOutcome, eventOf, isStated } from './report';
import { type Run, idOf, isHeld } from './run';
import type { Runs } from './runs';
import type { Spool } from './spool';
import type { WorkerSettings } from './worker-options';

/** One outcome on its way: what must be confirmed before its delivery is acknowledged. */
interface Settlement {
  run: Run;
  outcome: Outcome;
  event: JobEvent | undefined;
  /** What replaces the message; undefined when nothing does, or once it is confirmed. */
  followUp: OutgoingMessage | undefined;
  /** What the ledger is told; undefined without records, or once it is confirmed or spooled. */
  line: string | undefined;
  finished: boolean;
}

const GROUP_COUNT = 500;
const GROUP_CHARS = 1_048_576;
const GROUPS_IN_FLIGHT = 2;
/** A group that is not confirmed for so long does not hold up the next ones. */
const SLOW_GROUP_MS = 5_000;
const REPEAT_MS = 500;
const PARKED_MS = 60_000;

/**
 * The only place that acknowledges, retries, defers and dead-letters: each delivery once, and never before what
 * replaces it is confirmed. It is worse to lose a job than to run it twice.
 *
 * Outcomes of one turn of the event loop go out together; while two groups are in flight the next one gathers.
 */
export class Settler {
  private gathered: Settlement[] = [];
  private readonly unsettled = new Set<Settlement>();
  /** Outcomes whose delivery died before what replaces it was published: a redelivery here takes them over. */
  private readonly parked = new Map<Run, Settlement>();
  private scheduled = false;
  private groupsInFlight = 0;
  private spooling = false;
  private readonly whenEmpty: (() => void)[] = [];

  constructor(
    private readonly settings: WorkerSettings,
    private readonly publisher: Publisher,
    private readonly runs: Runs,
    private readonly spool: Spool | undefined,
  ) {}

  /** Carries an outcome out. Returns at once; the delivery is acknowledged when all that must be is confirmed. */
  settle(run: Run, outcome: Outcome): void {
    const { names, records, events, clock, name } = this.settings;
    const told = records === 'on';
    const wanted = isStated(outcome) && (told || events.wants(EVENT_OF[outcome.kind]));
    const event = wanted ? eventOf(run, outcome, name, clock.now()) : undefined;
    const next = followUp(run, outcome, names, this.wayOf);
    const settlement = {
      run,
      outcome,
      event,
      followUp: next,
      line: told && event ? JSON.stringify(event) : undefined,
      finished: false,
    };
    if (!settlement.line && !next) return this.finish(settlement);
    this.unsettled.add(settlement);
    this.gather(settlement);
  }

  /** A redelivery of what is settled already: what replaced it was confirmed, only the acknowledgement was lost. */
  acknowledge(delivery: Delivery): void {
    delivery.ack();
  }

  /** A redelivery of a run that is still open here: if its outcome was waiting for one, it is carried out now. */
  resume(run: Run): void {
    const settlement = this.parked.get(run);
    if (!settlement) return;
    this.parked.delete(run);
    this.unsettled.add(settlement);
    this.gather(settlement);
  }

  /** While publishing is blocked: outcomes that need no more than their record go to disk instead. */
  startSpooling(): void {
    if (this.spooling || !this.spool) return;
    this.spooling = true;
    this.gathered = this.gathered.filter((settlement) => settlement.followUp);
    this.toSpool([...this.unsettled].filter((settlement) => !settlement.followUp));
  }

  stopSpooling(): void {
    this.spooling = false;
    this.schedule();
  }

  /** Resolves when every outcome is settled, or given up because its delivery died. */
  async drained(): Promise<void> {
    if (this.unsettled.size === 0) return;
    await new Promise<void>((resolve) => this.whenEmpty.push(resolve));
  }

  get pending(): number {
    return this.unsettled.size;
  }

  private gather(settlement: Settlement): void {
    if (this.spooling && !settlement.followUp) return this.toSpool([settlement]);
    this.gathered.push(settlement);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.gathered.length === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      while (this.gathered.length > 0 && this.groupsInFlight < GROUPS_IN_FLIGHT) this.send(this.takeGroup());
    });
  }

  private takeGroup(): Settlement[] {
    let chars = 0;
    let count = 0;
    while (count < this.gathered.length && count < GROUP_COUNT && chars < GROUP_CHARS) {
      const settlement = this.gathered[count++];
      chars += (settlement?.line?.length ?? 0) + (settlement?.followUp?.body.length ?? 0);
    }
    return this.gathered.splice(0, count);
  }

  /** Confirms are accounted per message: one bad publish holds up one job. */
  private send(group: Settlement[]): void {
    const told = group.filter((settlement) => settlement.line !== undefined);
    const release = this.holdGroup(
      group.filter((settlement) => settlement.followUp).length + (told.length > 0 ? 1 : 0),
    );
    for (const settlement of group) {
      const message = settlement.followUp;
      if (message) this.publishFollowUp(settlement, message, release);
    }
    if (told.length > 0) this.publishRecords(told, release);
  }

  private publishFollowUp(settlement: Settlement, message: OutgoingMessage, done: () => void): void {
    if (!isHeld(settlement.run)) {
      this.park(settlement);
      return done();
    }
    this.publisher.publish(message, (failure) => {
      if (failure) this.onFailure(settlement, failure);
      else {
        settlement.followUp = undefined;
        this.advance(settlement);
      }
      done();
    });
  }

  /** Somebody else may have the job by now: publishing what replaces it here too would fork it. Its record goes out all the same. */
  private park(settlement: Settlement): void {
    this.unsettled.delete(settlement);
    this.parked.set(settlement.run, settlement);
    this.settings.clock.after(PARKED_MS, () => {
      if (this.parked.delete(settlement.run)) this.runs.leave(settlement.run, false);
    });
    this.noticeEmpty();
  }

  private publishRecords(told: Settlement[], done: () => void): void {
    const lines = told.flatMap((settlement) => settlement.line ?? []);
    this.publisher.publish(recordMessage(this.settings.names, lines), (failure) => {
      if (failure)
        this.repeatLater(
          told.filter((settlement) => settlement.line !== undefined),
          failure,
        );
      else for (const settlement of told) this.recorded(settlement);
      done();
    });
  }

  private recorded(settlement: Settlement): void {
    settlement.line = undefined;
    this.advance(settlement);
  }

  private advance(settlement: Settlement): void {
    if (settlement.followUp) return;
    if (settlement.line === undefined || needsNoRecord(settlement.outcome)) this.finish(settlement);
  }

  private finish(settlement: Settlement): void {
    if (settlement.finished) return;
    settlement.finished = true;
    const { run, outcome, event } = settlement;
    for (const delivery of run.deliveries) delivery.ack();
    this.runs.leave(run, isOver(outcome));
    this.unsettled.delete(settlement);
    if (event) this.settings.events.emit(event);
    this.noticeEmpty();
  }

  /** What comes back from the ledger's queue of far delays goes down the ladder: there is no ledger. */
  private takeLadder(settlement: Settlement, failure: PublishFailure): boolean {
    const { far, names, clock } = this.settings;
    if (failure.kind !== 'returned' || !settlement.followUp || !far.isFar(settlement.followUp)) return false;
    far.noteAbsent(clock.now());
    settlement.followUp = followUp(settlement.run, settlement.outcome, names, this.wayOf);
    this.gather(settlement);
    return true;
  }

  private readonly wayOf: WayOf = ({ job }, wait) =>
    this.settings.far.route(job.type, job.priority, wait, this.settings.clock.now());

  private onFailure(settlement: Settlement, failure: PublishFailure): void {
    if (this.takeLadder(settlement, failure)) return;
    if (failure.kind === 'unsendable') {
      // It can never be sent: the broker moves the message as it is, with its own death headers.
      for (const delivery of settlement.run.deliveries) delivery.reject();
      settlement.followUp = undefined;
      this.report(settlement, failure);
      return this.advance(settlement);
    }
    this.repeatLater([settlement], failure);
  }

  private repeatLater(settlements: Settlement[], failure: PublishFailure): void {
    if (failure.kind === 'stopped') return this.abandon(settlements);
    for (const settlement of settlements) this.report(settlement, failure);
    this.settings.clock.after(REPEAT_MS, () => settlements.forEach((settlement) => this.gather(settlement)));
  }

  /** Stopped before it was sent: the delivery stays unacknowledged and comes again elsewhere. */
  private abandon(settlements: Settlement[]): void {
    for (const settlement of settlements) {
      this.unsettled.delete(settlement);
      this.runs.leave(settlement.run, false);
    }
    this.noticeEmpty();
  }

  private noticeEmpty(): void {
    if (this.unsettled.size === 0) this.whenEmpty.splice(0).forEach((resolve) => resolve());
  }

  private toSpool(settlements: Settlement[]): void {
    const lines = settlements.flatMap((settlement) => settlement.line ?? []);
    if (!this.spool || lines.length === 0) return;
    this.spool.append(lines).then(
      () => settlements.forEach((settlement) => this.recorded(settlement)),
      (error: unknown) =>
        this.repeatLater(settlements, { kind: 'nacked', reason: `the spool cannot be written: ${String(error)}` }),
    );
  }

  /** Counts a group as in flight until it is confirmed, or for some seconds. */
  private holdGroup(messages: number): () => void {
    let open = messages;
    let held = true;
    this.groupsInFlight++;
    const release = (): void => {
      if (!held) return;
      held = false;
      stopTimer();
      this.groupsInFlight--;
      this.schedule();
    };
    const stopTimer = this.settings.clock.after(SLOW_GROUP_MS, release);
    if (open === 0) release();
    return () => {
      if (--open <= 0) release();
    };
  }

  private report(settlement: Settlement, failure: PublishFailure): void {
    this.settings.events.emit({
      event: 'settle.failed',
      id: idOf(settlement.run),
      reason: `${failure.kind}: ${failure.reason}`,
    });
  }
}

const EVENT_OF = {
  completed: 'completed',
  retry: 'retrying',
  dead: 'dead',
  expired: 'expired',
  cancelled: 'cancelled',
  deferred: 'deferred',
  suspected: 'suspected',
  adopted: 'adopted',
} as const satisfies Record<StatedOutcome['kind'], JobEvent['event']>;

/**
 * A nameless message that is delivered again gets another id: it is acknowledged as soon as the one with its id is
 * confirmed. Should its record be lost, whoever starts it tells the same.
 */
const needsNoRecord = (outcome: Outcome): boolean => outcome.kind === 'adopted';

/** Whether this very attempt will never be delivered again. Deferred and suspected jobs come back as the same attempt. */
function isOver(outcome: Outcome): boolean {
  switch (outcome.kind) {
    case 'completed':
    case 'retry':
    case 'dead':
    case 'expired':
    case 'cancelled':
      return true;
    case 'deferred':
    case 'suspected':
    case 'returned':
    case 'adopted':
      return false;
  }
}
