import type { Actor } from '../api';
import type { Database } from '../store/database';
import { type AuditEntry, writeAudit } from './audit-log';
import type { Role } from './role';

/** A key for the API as it is kept: of its secret only a hash. */
export interface ApiKey {
  id: string;
  name: string;
  role: Role;
  createdAt: Date;
  createdBy: string;
  expiresAt?: Date;
  revokedAt?: Date;
  /** To the minute. */
  lastUsedAt?: Date;
}

export interface NewApiKey extends Pick<ApiKey, 'id' | 'name' | 'role' | 'expiresAt'> {
  hash: string;
}

interface Row {
  id: string;
  name: string;
  hash: string;
  role: Role;
  created_at: Date;
  created_by: string;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
}

/** Keys for the API. @throws errors of PostgreSQL, see `isDatabaseAway` */
export class ApiKeys {
  constructor(private readonly database: Database) {}

  add({ id, name, hash, role, expiresAt }: NewApiKey, by: Actor): Promise<ApiKey> {
    return this.database.transaction(async (tx) => {
      const { rows } = await tx.query<Row>(
        `insert into api_keys (id, name, hash, role, created_by, expires_at) values ($1, $2, $3, $4, $5, $6) returning *`,
        [id, name, hash, role, by.name, expiresAt],
      );
      await writeAudit(tx, [{ ...whoOf(by), action: 'api-keys.create', target: id, detail: { role, expiresAt } }]);
      return keyOf(one(rows));
    });
  }

  /** Newest first, the revoked and the expired too. */
  async list(): Promise<ApiKey[]> {
    const rows = await this.database.query<Row>('select * from api_keys order by created_at desc, id limit 10000');
    return rows.map(keyOf);
  }

  /** The key, to be compared with: whether it is expired or revoked is for the caller to see. Notes that it was used. */
  async use(id: string): Promise<{ key: ApiKey; hash: string } | undefined> {
    const [row] = await this.database.query<Row>(
      `with used as (
         update api_keys set last_used_at = now()
         where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute')
       )
       select * from api_keys where id = $1`,
      [id],
    );
    return row && { key: keyOf(row), hash: row.hash };
  }

  /** False when there is no such key, or it is revoked already. */
  revoke(id: string, by: Actor): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const { rowCount } = await tx.query(
        'update api_keys set revoked_at = now() where id = $1 and revoked_at is null',
        [id],
      );
      if (rowCount === 0) return false;
      await writeAudit(tx, [{ ...whoOf(by), action: 'api-keys.revoke', target: id }]);
      return true;
    });
  }
}

function one(rows: Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('an insert that succeeded gave back no row');
  return row;
}

function whoOf({ name, role, ip }: Actor): Pick<AuditEntry, 'actor' | 'role' | 'ip'> {
  return { actor: name, role, ip };
}

function keyOf(row: Row): ApiKey {
  const { id, name, role } = row;
  return {
    id,
    name,
    role,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}
