import type { EventName, JobEvent, ScutworkEvent } from '../contracts/job-events';
import type { Announcement, Announcer } from './announcer';
import type { EventSink } from './event-bus';

/** How a worker's facts are announced; the others are steps on the way to one of these. */
const ANNOUNCED = {
  started: { event: 'started', state: 'active' },
  progressed: { event: 'progress', state: 'active' },
  completed: { event: 'completed', state: 'completed' },
  retrying: { event: 'retrying', state: 'retrying' },
  dead: { event: 'dead', state: 'dead' },
  expired: { event: 'expired', state: 'expired' },
  cancelled: { event: 'cancelled', state: 'cancelled' },
} as const satisfies Partial<Record<EventName, Pick<Announcement, 'event' | 'state'>>>;

type AnnouncedFact = Extract<JobEvent, { event: keyof typeof ANNOUNCED }>;

/** States facts to those who listen in this process, and announces them to others while no ledger does it. */
export class AnnouncedEvents implements EventSink {
  /** Set where there is no ledger. */
  announcer: Announcer | undefined;

  constructor(private readonly inner: EventSink) {}

  wants(name: EventName): boolean {
    return this.inner.wants(name) || (this.announcer !== undefined && name in ANNOUNCED);
  }

  emit(event: ScutworkEvent): void {
    this.inner.emit(event);
    if (this.announcer && isAnnounced(event)) this.announcer.announce(announcementOf(event));
  }
}

/** A job that is moved is not cancelled: it goes round under a later generation. */
function isAnnounced(event: ScutworkEvent): event is AnnouncedFact {
  return event.event in ANNOUNCED && !(event.event === 'cancelled' && event.cancel === 'move');
}

function announcementOf(fact: AnnouncedFact): Announcement {
  const { id, key, type, attempt, at } = fact;
  const progress = fact.event === 'progressed' ? fact.progress : undefined;
  return { ...ANNOUNCED[fact.event], id, key, type, attempt, at, progress };
}
