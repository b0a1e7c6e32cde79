import type { Actor } from '../api';
import type { Database, Transaction } from '../store/database';

export interface AuditEntry {
  actor: string;
  role: string;
  /** For example `jobs.cancel`. */
  action: string;
  /** What it was done to: an id, a queue. */
  target?: string;
  /** Without payloads and secrets. */
  detail?: unknown;
  ip?: string;
}

export interface AuditRecord extends AuditEntry {
  seq: number;
  at: Date;
}

export interface AuditPage {
  limit: number;
  /** Entries older than this one. */
  before?: number;
  actor?: string;
  action?: string;
}

/** Who did what. @throws errors of PostgreSQL, see `isDatabaseAway` */
export class AuditLog {
  constructor(private readonly database: Database) {}

  async write(entries: readonly AuditEntry[]): Promise<void> {
    await writeAudit(this.database.pool, entries);
  }

  /** Newest first. */
  async list({ limit, before, actor, action }: AuditPage): Promise<AuditRecord[]> {
    const rows = await this.database.query<Row>(
      `select * from audit
       where ($2::bigint is null or seq < $2) and ($3::text is null or actor = $3) and ($4::text is null or action = $4)
       order by seq desc limit $1`,
      [limit, before, actor, action],
    );
    return rows.map(recordOf);
  }
}

/** Notes that somebody did something to each of these, in the transaction that does it. Never payloads or secrets. */
export async function auditAction(
  tx: Transaction,
  { name, role, ip }: Actor,
  action: string,
  targets: readonly string[],
  detail?: object,
): Promise<void> {
  await writeAudit(
    tx,
    targets.map((target) => ({ actor: name, role, ip, action, target, detail })),
  );
}

/** In the transaction of what was done. */
export async function writeAudit(tx: Transaction, entries: readonly AuditEntry[]): Promise<void> {
  await tx.query(
    `insert into audit (actor, role, action, target, detail, ip)
     select * from json_to_recordset($1::json)
       as entry(actor text, role text, action text, target text, detail json, ip text)`,
    [JSON.stringify(entries)],
  );
}

interface Row {
  seq: string;
  at: Date;
  actor: string;
  role: string;
  action: string;
  target: string | null;
  detail: unknown;
  ip: string | null;
}

function recordOf({ seq, at, actor, role, action, target, detail, ip }: Row): AuditRecord {
  return {
    seq: Number(seq),
    at,
    actor,
    role,
    action,
    target: target ?? undefined,
    detail: detail ?? undefined,
    ip: ip ?? undefined,
  };
}
