import type { Seeded } from '../plan/seeded';
import type { Stage } from '../stage/stage';

/** What a fault may ask of the load. */
export interface LoadControl {
  /** Adds a job that holds its delivery so long, once. */
  hold(holdsMs: number): void;
  /** Nothing more is added to the queue that may be deleted, and all that was asked for is answered. Returns what lets it go on. */
  stillGone(): Promise<() => void>;
}

export interface Scene {
  stage: Stage;
  load: LoadControl;
  random: Seeded;
  /** Something that whoever reads the report has to know. */
  note(text: string): void;
}

/** A fault that has struck. */
interface Struck {
  /** Whom, for the report. */
  whom: string;
  heal(): Promise<void> | void;
}

export interface Fault {
  /** Why it cannot strike on this ground: then it is left out, and the report says so. */
  impossible?: (stage: Stage) => string | undefined;
  strike(scene: Scene): Promise<Struck> | Struck;
}
