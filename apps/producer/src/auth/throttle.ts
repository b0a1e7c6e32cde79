const MINUTE_MS = 60_000;
const MOST_CLIENTS = 100_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** So many requests of one client a minute: a bucket of that size, filled evenly. Clients are told apart by name. */
export class Throttle {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly perMinute: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** 0 when the client may go on; else the milliseconds until it may. */
  take(client: string): number {
    const now = this.now();
    const bucket = this.buckets.get(client) ?? this.open(client, now);
    bucket.tokens = Math.min(this.perMinute, bucket.tokens + ((now - bucket.at) / MINUTE_MS) * this.perMinute);
    bucket.at = now;
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / this.perMinute) * MINUTE_MS);
    bucket.tokens -= 1;
    return 0;
  }

  private open(client: string, now: number): Bucket {
    if (this.buckets.size >= MOST_CLIENTS) this.forgetIdle(now);
    const bucket = { tokens: this.perMinute, at: now };
    this.buckets.set(client, bucket);
    return bucket;
  }

  /** A bucket that is full again says nothing; after a minute every one is. */
  private forgetIdle(now: number): void {
    for (const [client, { at }] of this.buckets) if (now - at >= MINUTE_MS) this.buckets.delete(client);
    // All are busy: some thousands start anew rather than memory growing without end.
    if (this.buckets.size >= MOST_CLIENTS) this.buckets.clear();
  }
}
