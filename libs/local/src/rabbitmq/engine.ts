import type { Settings } from './settings';

/** What a private broker runs on: the programs of this machine, or a container. */
export interface Engine {
  /** Takes over the broker that a former run left, or starts one; waits until it answers AMQP. */
  startOrAdopt(): Promise<Settings>;
  /** Starts it again with the same settings, after `end` or `kill`. */
  startAgain(): Promise<void>;
  /** Ends it and what belongs to it; by force after the deadline. */
  end(deadlineMs: number): Promise<void>;
  /** Ends the broker at once, as a crash would. */
  kill(): Promise<void>;
  /** The process ids of the broker (first) and of what belongs to it; empty when the broker does not run. */
  pids(): number[];
}
