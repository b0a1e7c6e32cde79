export interface StopOptions {
  /** How long what is under way may take to end, in milliseconds. Default 30,000. */
  deadlineMs?: number;
}

/** The life of everything long-lived. Stopping twice, or before starting, is harmless. */
export interface Service {
  start(): Promise<void>;
  /** Quiet, drain, hand back: takes nothing new, lets what runs end until the deadline, returns the rest. */
  stop(options?: StopOptions): Promise<void>;
}

export type ServiceState = 'new' | 'starting' | 'running' | 'stopping' | 'stopped';

export const DEFAULT_STOP_DEADLINE_MS = 30_000;
