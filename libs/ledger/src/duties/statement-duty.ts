import type { Database } from '../store/database';
import type { Duty } from './duty';

/** A duty that is one statement, and that one producer at a time does. */
export interface Statement extends Pick<Duty, 'name' | 'everyMs'> {
  sql: string;
  values?: unknown[];
}

export interface StatementDuty extends Duty {
  run(): Promise<'done'>;
}

export function statementDuty(database: Database, { name, everyMs, sql, values = [] }: Statement): StatementDuty {
  return {
    ...{ name, everyMs, alone: true },
    run: async () => {
      await database.query(sql, values);
      return 'done';
    },
  };
}
