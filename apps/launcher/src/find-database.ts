import { join } from 'node:path';
import { startPrivatePostgres, type PrivatePostgres } from '@scutwork/local';
import type { Configuration } from './configuration';
import { explain } from './screen';

export type FoundDatabase =
  | { kind: 'given'; url: string }
  | { kind: 'private'; url: string; server: PrivatePostgres }
  | { kind: 'none'; problem: string };

/** `DATABASE_URL`; else a private one from the programs that came with npm. */
export async function findDatabase({ databaseUrl, dataDir }: Configuration): Promise<FoundDatabase> {
  if (databaseUrl !== undefined) return { kind: 'given', url: databaseUrl };
  try {
    const server = await startPrivatePostgres({ dataDir: join(dataDir, 'postgres') });
    return { kind: 'private', url: server.url, server };
  } catch (error) {
    return { kind: 'none', problem: explain(error) };
  }
}
