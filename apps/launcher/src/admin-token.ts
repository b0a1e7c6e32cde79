import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes the admin's token on the first start, and keeps it afterwards; only its owner can read the file. */
export function ensureAdminToken(dataDir: string): string {
  const file = join(dataDir, 'admin.token');
  if (existsSync(file) && readFileSync(file, 'utf8').trim() !== '') {
    chmodSync(file, 0o600);
    return file;
  }
  writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600 });
  return file;
}
