/** Largest body: a batch of 10,000 jobs of 3 KiB. One payload may have 1 MiB. */
export const BODY_LIMIT_BYTES = 32 * 1_024 * 1_024;
/** Most jobs of one request. */
export const BATCH_LIMIT = 10_000;
/** How long a request waits for the broker. */
export const BROKER_DEADLINE_MS = 5_000;
