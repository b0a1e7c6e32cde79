import type { Broker, ReadStreamOptions, StreamReader } from '../broker/broker';
import type { ControlMessage } from '../contracts/control';
import type { EventSink } from '../events/event-bus';
import type { Clock } from '../lifecycle/clock';
import { pause } from '../lifecycle/pause';
import { ControlState } from './control-state';
import { readControl } from './read-control';

/** The broker's clock, by which a stream is read, and the database's, by which snapshots are dated, may differ. */
const MARGIN_MS = 5_000;
/** Where the snapshot is not found there, it is looked for from here on: clocks may differ by minutes. */
const WIDE_MARGIN_MS = 10 * 60_000;
/** A stream that has anything mostly tells it at once; when it has not, the broker is asked whether there is anything. */
const EMPTY_MS = 2_000;
/** Messages that were stored together with the last one arrive together. */
const QUIET_MS = 20;
/** What is there comes without such a pause; what has not come by then was stored before the place that was read from. */
const SILENT_MS = 3_000;

export interface CatchingUp {
  broker: Broker;
  queue: string;
  clock: Clock;
  events: EventSink;
  /** Ends it: connection lost, or begun anew. */
  signal: AbortSignal;
  /** Something of it was known before: it is not empty. */
  wasRead: boolean;
  /** The stream is not being read any more. */
  onLost: (reason: string) => void;
  /** A message came after the present was reached. */
  onMessage: (state: ControlState, message: ControlMessage) => void;
}

/** What is in force, and the reader that goes on from there. */
export interface Present {
  state: ControlState;
  reader: StreamReader;
}

/**
 * Finds the newest message of the stream, goes back to the snapshot that it names, and reads on until it has come to that
 * message again. Undefined when it was ended before.
 *
 * @throws BrokerError
 */
export async function catchUp(going: CatchingUp): Promise<Present | undefined> {
  const newest = await findNewest(going);
  for (const { fromMs, state } of waysTo(newest)) {
    if (going.signal.aborted) return undefined;
    const reader = await readUpTo(newest, fromMs, state, going);
    if (reader) return { state, reader };
  }
  return undefined;
}

/** `none`: the stream is empty. `unreadable`: it ends with what this release cannot read. */
type Newest = ControlMessage | 'none' | 'unreadable';

interface Way {
  fromMs: number;
  state: ControlState;
}

/** From its snapshot; where no whole one is found there, from further back; then all that the stream holds. */
function* waysTo(newest: Newest): Generator<Way> {
  if (typeof newest === 'object') {
    const { snapshotAt } = newest;
    yield { fromMs: snapshotAt - MARGIN_MS, state: new ControlState(snapshotAt) };
    yield { fromMs: snapshotAt - WIDE_MARGIN_MS, state: new ControlState() };
  }
  yield { fromMs: 0, state: ControlState.empty() };
}

async function findNewest(going: CatchingUp): Promise<Newest> {
  let newest: ControlMessage | undefined;
  const inflow = new Inflow(going.clock, going.signal);
  const reader = await open(going, 'last', inflow, (message) => (newest = message));
  await inflow.begun(EMPTY_MS);
  // Silent is not empty: the broker may be slow, or the way to it. Nothing may be started as if nothing were in force.
  while (inflow.goesOn && inflow.counted === 0 && (await holdsAnything(going))) await inflow.begun(EMPTY_MS);
  await inflow.quiet(QUIET_MS);
  await reader.close();
  return newest ?? (inflow.counted > 0 ? 'unreadable' : 'none');
}

async function holdsAnything({ broker, queue, wasRead }: CatchingUp): Promise<boolean> {
  return wasRead || ((await broker.depth(queue))?.messages ?? 0) > 0;
}

/** The reader, when the state is whole where the newest message stands, or where nothing more comes. */
async function readUpTo(
  newest: Newest,
  fromMs: number,
  state: ControlState,
  going: CatchingUp,
): Promise<StreamReader | undefined> {
  const inflow = new Inflow(going.clock, going.signal);
  let live = false;
  let reached = newest === 'none';
  const reader = await open(going, { timestampMs: fromMs }, inflow, (message) => {
    if (live) return going.onMessage(state, message);
    state.apply(message);
    if (!isAsFarAs(message, newest)) return;
    reached = true;
    if (!state.beginning) inflow.end();
  });
  await inflow.ended(SILENT_MS);
  // From its beginning on the stream holds what is looked for, however long it takes to tell it.
  const isToCome = (): boolean => (newest === 'unreadable' ? inflow.counted === 0 : !reached);
  while (fromMs === 0 && inflow.goesOn && isToCome()) await inflow.ended(SILENT_MS);
  if (state.whole && !going.signal.aborted) {
    live = true;
    return reader;
  }
  await reader.close();
  return undefined;
}

function isAsFarAs(message: ControlMessage, newest: Newest): boolean {
  if (typeof newest === 'string') return newest === 'none';
  return message.version >= newest.version && message.snapshotAt >= newest.snapshotAt;
}

function open(
  { broker, queue, events, onLost }: CatchingUp,
  from: ReadStreamOptions['from'],
  inflow: Inflow,
  onMessage: (message: ControlMessage) => void,
): Promise<StreamReader> {
  return broker.readStream({
    ...{ queue, from, onLost },
    onMessage: (message) => {
      const read = readControl(message);
      if (typeof read === 'string') events.emit({ event: 'control.skipped', reason: read });
      else if (read) onMessage(read);
      inflow.count();
    },
  });
}

/** Messages that come in, and the pauses between them. */
class Inflow {
  counted = 0;
  private readonly first = new AbortController();
  private readonly last = new AbortController();

  constructor(
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
  ) {
    const end = (): void => this.end();
    signal.addEventListener('abort', end, { once: true, signal: this.last.signal });
    if (signal.aborted) this.end();
  }

  get goesOn(): boolean {
    return !this.last.signal.aborted;
  }

  count(): void {
    this.counted += 1;
    this.first.abort();
  }

  /** There is nothing more to wait for. */
  end(): void {
    this.first.abort();
    this.last.abort();
  }

  /** The first has come, or none within this time. */
  begun(withinMs: number): Promise<void> {
    return pause(this.clock, withinMs, this.first.signal);
  }

  /** None has come for so long. */
  async quiet(forMs: number): Promise<void> {
    for (let seen = -1; seen !== this.counted;) {
      seen = this.counted;
      await pause(this.clock, forMs, this.signal);
    }
  }

  /** What was waited for has come, or nothing has for so long. */
  async ended(silentMs: number): Promise<void> {
    for (let seen = -1; seen !== this.counted && !this.last.signal.aborted;) {
      seen = this.counted;
      await pause(this.clock, silentMs, this.last.signal);
    }
  }
}
