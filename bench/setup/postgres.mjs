import { startPrivatePostgres } from '@scutwork/local';

/** The bench's own PostgreSQL, with its own defaults: `synchronous_commit` is on. */
export function startPostgres(folder) {
  return startPrivatePostgres({ dataDir: `${folder}/postgres`, temporary: true });
}
