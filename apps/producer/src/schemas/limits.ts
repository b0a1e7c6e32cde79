/** Largest body: a batch of 10,000 jobs of 3 KiB. One payload may have 1 MiB. */
export const BODY_LIMIT_BYTES = 32 * 1_024 * 1_024;
/** Most jobs of one request. */
export const BATCH_LIMIT = 10_000;
/** How long a publish of the producer waits for the broker. */
export const BROKER_DEADLINE_MS = 5_000;
/** Most entries of one page. */
export const MOST_PAGE = 200;
/** Largest payload: the library's default. */
export const PAYLOAD_LIMIT_BYTES = 1_024 * 1_024;
/** Longest part of a path that is routed. Node takes no longer request line; what is too long for an id is refused as such. */
export const PATH_PART_LIMIT = 16_384;
