import type { Priority } from './job-type';

/**
 * Why a message must not be run: its job was cancelled, or was moved (promoted, redriven, given another priority) and
 * goes round under a later generation. A running job's signal is aborted for `cancel` alone.
 */
export type CancelKind = 'cancel' | 'move';

/** One thing that the ledger has put in force until it lifts it. */
export type ControlEntry =
  /** Nothing of this queue is started, or nothing of this type. */
  | { kind: 'pause'; queue: string; type?: undefined }
  | { kind: 'pause'; queue?: undefined; type: string }
  /** Messages of this job up to this generation are not started. */
  | { kind: 'revoke'; id: string; generation: number; cancel: CancelKind }
  /**
   * Jobs of this queue (of this type, of this priority) that were made before `before` (ms since 1970) are not started. A
   * job's id tells when it was made if it is a UUIDv7; the message's timestamp, to the second, if it is not, and for every
   * generation after the first. What tells neither is started.
   */
  | { kind: 'revoke-all'; queue: string; type?: string; priority?: Priority; before: number }
  | ScheduleEntry
  | CapEntry;

/** When a schedule ticks: all that its moments depend on. Times are milliseconds since 1970. */
export interface Timing {
  cron?: string;
  /** Whose clock `cron` follows. */
  timeZone?: string;
  everyMs?: number;
  /** What `everyMs` is counted from. */
  anchor?: number;
  /** No tick before it. */
  startAt?: number;
  /** No tick at it or after. */
  endAt?: number;
}

/** A schedule that ticks; `revision` is raised by every edit. */
export interface ScheduleEntry extends Timing {
  kind: 'schedule';
  name: string;
  revision: number;
}

/** At most `most` jobs of this queue run at a time in all workers together: each runs its share, who is not named none. */
export interface CapEntry {
  kind: 'cap';
  queue: string;
  most: number;
  /** By name of the worker. A share lasts until another entry replaces this one. */
  shares: Record<string, number>;
  /**
   * The ledger's own note, passed over by readers: what a worker may still run by an earlier and larger share. Given to
   * nobody else before the worker tells that it does not.
   */
  kept?: Record<string, number>;
}

/**
 * What is in force, by key: `pause:queue:<queue>`, `pause:type:<type>`, `revoke:<id>`, `revoke-all:<uuid>`,
 * `schedule:<name>`, `cap:<queue>`.
 */
export type ControlEntries = Record<string, ControlEntry>;

interface OfControl {
  /** Of the state after this message. Versions grow by one with each change, and commit in that order. */
  version: number;
  /** Milliseconds since 1970 at which the newest whole snapshot was begun: reading from there tells all that is in force. */
  snapshotAt: number;
}

/**
 * What is on the control stream, one JSON object per message, published by one producer at a time, each message after the
 * one before is confirmed. A snapshot tells at least the version of every delta before its first part, and deltas may
 * come between its parts; the stream begins with a snapshot. A reader takes the newest message it can find, goes back
 * to `snapshotAt`, and has reached the present when it has applied that message's version.
 */
export type ControlMessage =
  /** One change. */
  | (OfControl & { kind: 'delta'; set: ControlEntries; lift: string[] })
  /** Part `part` of `parts` of all that is in force at `version`, counted from 1; all parts have the same `snapshotAt`. */
  | (OfControl & { kind: 'snapshot'; part: number; parts: number; entries: ControlEntries })
  /**
   * Every 5 s, with the database's time in milliseconds since 1970, and the queues that take no new jobs from clients (left
   * out where there are none; `*` for every queue). When those change a beat comes at once.
   */
  | (OfControl & { kind: 'beat'; now: number; full?: string[] });

/** Among the `full` of a beat: every queue. */
export const EVERY_QUEUE = '*';

/** Seconds between two beats of the ledger, and between two heartbeats of a worker. */
export const BEAT_MS = 5_000;
/**
 * A worker starts no job when its last confirmed heartbeat is older than this, as long as a ledger is there and the
 * broker does not block: the ledger may have counted it out.
 */
export const LEASE_MS = 20_000;

/** `type` property of control messages. */
export const CONTROL_MESSAGE_TYPE = 'control.v1';
/** `type` property of the ledger's markers in work queues; `messageId` is the marker's id. A worker reports and drops them. */
export const PROBE_MESSAGE_TYPE = 'scutwork.probe.v1';
