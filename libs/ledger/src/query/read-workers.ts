import type { WorkerView } from '../api';
import type { Transaction } from '../store/database';

interface WorkerRow {
  name: string;
  queues: string[];
  types: string[];
  running: string[];
  held: number;
  control_version: number | null;
  started_at: Date;
  seen_at: Date;
  gone: boolean;
}

/** The newest so many; those that live come first. */
const MOST = 1_000;

export async function readWorkers(tx: Transaction): Promise<WorkerView[]> {
  const { rows } = await tx.query<WorkerRow>(
    `select name, queues, types, running, held, control_version::float8 as control_version, started_at, seen_at, gone
     from workers order by gone, seen_at desc, name limit ${MOST}`,
  );
  return rows.map(({ control_version: version, started_at: startedAt, seen_at: seenAt, ...worker }) => ({
    ...worker,
    controlVersion: version ?? undefined,
    startedAt: startedAt.toISOString(),
    seenAt: seenAt.toISOString(),
  }));
}
