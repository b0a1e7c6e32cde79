import type { Broker, Names } from '@scutwork/jobs';
import { LADDER_BITS, LADDER_UNIT_MS } from '@scutwork/jobs/wire';
import type { LedgerEvents } from '../ledger-events';
import type { Duty } from './duty';

export interface StuckLadderOptions {
  broker: Broker;
  names: Names;
  events: LedgerEvents;
  /** How long, besides its own wait, a level may hold messages without giving any off, ms. Default 90,000. */
  graceMs?: number;
  /** Between two looks, ms. Default 10,000. */
  everyMs?: number;
  now?: () => number;
}

interface Level {
  messages: number;
  /** Since when it has given nothing off, ms since 1970. */
  sinceMs: number;
  noticed: boolean;
}

/**
 * Watches the delay ladder: every message leaves a level after the wait of that level, so the depth of one that holds
 * any falls now and then. One that only grows for longer has a target that takes nothing: a work queue that has lost its
 * quorum, most likely. All delays and retries that pass through it stand still, so a person is told.
 */
export class StuckLadder implements Duty {
  readonly name = 'stuck-ladder';
  readonly everyMs: number;
  readonly alone = true;
  private readonly levels = new Map<number, Level>();

  constructor(private readonly options: StuckLadderOptions) {
    this.everyMs = options.everyMs ?? 10_000;
  }

  async run(signal: AbortSignal): Promise<'done'> {
    const { broker, names } = this.options;
    if (broker.state.name !== 'connected' && broker.state.name !== 'blocked') return 'done';
    for (let bit = 0; bit < LADDER_BITS && !signal.aborted; bit++) {
      const depth = await broker.depth(names.delay(bit));
      this.look(bit, depth?.messages ?? 0);
    }
    return 'done';
  }

  private look(bit: number, messages: number): void {
    const { names, events, graceMs = 90_000, now = Date.now } = this.options;
    const known = this.levels.get(bit);
    if (!known || messages === 0 || messages < known.messages) {
      this.levels.set(bit, { messages, sinceMs: now(), noticed: false });
      return;
    }
    known.messages = messages;
    const stillMs = now() - known.sinceMs;
    if (known.noticed || stillMs <= LADDER_UNIT_MS * 2 ** bit + graceMs) return;
    known.noticed = true;
    events.noticed(
      `The delay level ${names.delay(bit)} holds ${messages} messages and has given none off for ${Math.round(stillMs / 1_000)} s: delays and retries stand still. Look for a work queue without quorum, or one that refuses messages.`,
    );
  }
}
