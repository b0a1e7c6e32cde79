import type { Control } from '../control/control-stream';
import type { RecordedEvent } from '../contracts/job-events';
import type { Decider } from '../retry/decide';
import type { PerformHost } from './perform';
import type { Runs } from './runs';
import type { Settler } from './settle';
import type { WorkerSettings } from './worker-options';

/** What every step of a job's way through this worker shares. */
export interface Workshop {
  readonly settings: WorkerSettings;
  readonly runs: Runs;
  readonly settler: Settler;
  readonly host: PerformHost;
  readonly decider: Decider;
  /** Tells the ledger, where records are kept. */
  report(fact: RecordedEvent): void;
  readonly control: Control;
  /** Whether any job may be started at this moment. */
  readonly mayStart: () => boolean;
  /** What runs here has changed in a way that the ledger waits to hear of. */
  readonly tellSoon: () => void;
}
