import type { ControlEntries, ControlEntry } from '@scutwork/jobs/wire';
import type { Transaction } from '../store/database';

/** Keys as `contracts/control.ts` has them. */
export const controlKey = {
  pauseQueue: (queue: string): string => `pause:queue:${queue}`,
  pauseType: (type: string): string => `pause:type:${type}`,
  revoke: (id: string): string => `revoke:${id}`,
  revokeAll: (id: string): string => `revoke-all:${id}`,
  schedule: (name: string): string => `schedule:${name}`,
  cap: (queue: string): string => `cap:${queue}`,
};

/** What is put in force under one key. */
export interface Placed {
  key: string;
  entry: ControlEntry;
  /** Of a revocation: in which queue its messages are; undefined while nobody knows. */
  queue?: string;
  /** Of a revocation: from when on (ms since 1970) they are in their work queue at the latest. */
  passableAt?: number;
  /** Of a revocation: it stops messages of several generations. */
  several?: boolean;
}

/**
 * Puts entries in force and lifts others, as one version. The version is one row that every change raises in its own
 * transaction, so changes commit in the order of their versions: nobody who has seen 5 is told 4 later. The delta is
 * published by `duties/control-publisher.ts`.
 *
 * In a transaction that writes rows of jobs too, call it after them: everybody locks in that order.
 *
 * @returns the version, or undefined when there was nothing to change
 */
export async function changeControl(
  tx: Transaction,
  change: { set?: readonly Placed[]; lift?: readonly string[] },
): Promise<number | undefined> {
  const { set = [], lift = [] } = change;
  if (set.length === 0 && lift.length === 0) return undefined;
  const { rows } = await tx.query<{ value: string }>(
    `update heads set value = value + 1 where name = 'control' returning value`,
  );
  const version = Number(rows[0]?.value);
  if (lift.length > 0) await tx.query('delete from control where key = any($1)', [lift]);
  if (set.length > 0) await tx.query(PUT, [JSON.stringify(set.map(columnsOf)), version]);
  const delta = { set: Object.fromEntries(set.map(({ key, entry }) => [key, entry])) satisfies ControlEntries, lift };
  await tx.query('insert into control_log (version, delta) values ($1, $2)', [version, JSON.stringify(delta)]);
  return version;
}

/** Before one looks at what is in force in order to change it: of two who do so at once, the second sees what the first has done. */
export async function lockHead(tx: Transaction): Promise<void> {
  await tx.query(`select value from heads where name = 'control' for update`);
}

/** The newest version. */
export async function headOf(tx: Transaction): Promise<number> {
  const { rows } = await tx.query<{ value: string }>(`select value from heads where name = 'control'`);
  return Number(rows[0]?.value);
}

const PUT = `
insert into control (key, entry, version, queue, passable_at, several)
select key, entry, $2, queue, to_timestamp(passable_at / 1000.0), several
from json_to_recordset($1::json) as row (key text, entry json, queue text, passable_at float8, several boolean)
on conflict (key) do update set
  entry = excluded.entry, version = excluded.version, at = now(), queue = excluded.queue,
  passable_at = greatest(control.passable_at, excluded.passable_at), several = excluded.several`;

function columnsOf({ key, entry, queue, passableAt, several = false }: Placed): Record<string, unknown> {
  return { key, entry, queue, passable_at: passableAt, several };
}
