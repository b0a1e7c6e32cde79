/** What a fault strikes. Faults of one lane never overlap; those of different lanes do. */
export const LANES = ['broker', 'processes', 'database'] as const;
export type Lane = (typeof LANES)[number];

interface FaultTimes {
  lane: Lane;
  /** How long it lasts, from and to. */
  lastsMs: readonly [number, number];
  /** Only in campaigns of so many minutes: what it does takes long to mend. */
  fromMinutes?: number;
  /** Only where there is one broker, or only where there are three nodes. Default both. */
  ground?: 'single' | 'cluster';
}

/** Every kind of fault, and how long it lasts. What each does is in the file of its name. */
const FAULTS = {
  'broker-killed': { lane: 'broker', lastsMs: [500, 4_000], ground: 'single' },
  'broker-restarted': { lane: 'broker', lastsMs: [0, 1_000], ground: 'single' },
  'memory-alarm': { lane: 'broker', lastsMs: [4_000, 7_000] },
  'disk-alarm': { lane: 'broker', lastsMs: [4_000, 7_000] },
  'connections-cut': { lane: 'broker', lastsMs: [0, 2_000] },
  'connections-delayed': { lane: 'broker', lastsMs: [3_000, 5_000] },
  'connections-throttled': { lane: 'broker', lastsMs: [3_000, 5_000] },
  'connections-half-open': { lane: 'broker', lastsMs: [11_000, 13_000] },
  'channels-closed': { lane: 'broker', lastsMs: [0, 500] },
  'consumer-timeout': { lane: 'broker', lastsMs: [0, 1_000] },
  'queue-deleted': { lane: 'broker', lastsMs: [0, 500] },
  'queue-purged': { lane: 'broker', lastsMs: [0, 500], fromMinutes: 10 },
  'events-queue-full': { lane: 'broker', lastsMs: [3_000, 5_000] },
  'two-at-once': { lane: 'broker', lastsMs: [1_000, 4_000] },
  'node-killed': { lane: 'broker', lastsMs: [2_000, 8_000], ground: 'cluster' },
  'leader-killed': { lane: 'broker', lastsMs: [2_000, 8_000], ground: 'cluster' },
  'node-partitioned': { lane: 'broker', lastsMs: [3_000, 12_000], ground: 'cluster' },
  'nodes-rolled': { lane: 'broker', lastsMs: [0, 1_000], ground: 'cluster' },
  'worker-killed': { lane: 'processes', lastsMs: [0, 2_000] },
  'worker-terminated': { lane: 'processes', lastsMs: [0, 2_000] },
  'worker-stopped': { lane: 'processes', lastsMs: [11_000, 14_000] },
  'producer-killed': { lane: 'processes', lastsMs: [0, 3_000] },
  'producer-terminated': { lane: 'processes', lastsMs: [0, 3_000] },
  'producer-stopped': { lane: 'processes', lastsMs: [11_000, 14_000] },
  'scheduler-killed': { lane: 'processes', lastsMs: [0, 3_000] },
  'scheduler-terminated': { lane: 'processes', lastsMs: [0, 3_000] },
  'scheduler-stopped': { lane: 'processes', lastsMs: [11_000, 14_000] },
  'database-killed': { lane: 'database', lastsMs: [500, 4_000] },
  'database-out-of-connections': { lane: 'database', lastsMs: [3_000, 6_000] },
  'database-slow': { lane: 'database', lastsMs: [4_000, 8_000] },
  'database-read-only': { lane: 'database', lastsMs: [4_000, 8_000] },
  'database-full': { lane: 'database', lastsMs: [4_000, 8_000] },
  'database-half-open': { lane: 'database', lastsMs: [8_000, 12_000] },
} as const satisfies Record<string, FaultTimes>;

export type FaultName = keyof typeof FAULTS;

export const faultTimes = (name: FaultName): FaultTimes => FAULTS[name];

/** All of them, or those that can strike on such a ground. */
export const faultNames = (ground?: FaultTimes['ground']): FaultName[] =>
  (Object.keys(FAULTS) as FaultName[]).filter((name) => (faultTimes(name).ground ?? ground) === ground || !ground);
