import type { Actor } from '../api';
import type { Transaction } from '../store/database';

/** Notes who did what, in the transaction that does it. Never payloads or secrets. */
export async function audit(
  tx: Transaction,
  actor: Actor,
  action: string,
  targets: readonly (string | undefined)[],
  detail?: Record<string, unknown>,
): Promise<void> {
  await tx.query(
    `insert into audit (actor, role, action, target, detail, ip) select $1, $2, $3, target, $5, $6 from unnest($4::text[]) as target`,
    [actor.name, actor.role, action, targets, detail === undefined ? null : JSON.stringify(detail), actor.ip ?? null],
  );
}
