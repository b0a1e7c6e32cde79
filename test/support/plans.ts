import type { PoolClient } from 'pg';
import type { Database } from '../../libs/ledger/src';

/** The plans of all statements that a database runs, as PostgreSQL really ran them. Needs a superuser. */
export function watchPlans(database: Database): { plans: string[] } {
  const plans: string[] = [];
  database.pool.on('connect', (client: PoolClient) => {
    client.on('notice', ({ message }) => {
      if (message?.includes('plan:')) plans.push(message);
    });
    void client.query(`
      load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_level = 'notice';
      set auto_explain.log_analyze = on; set auto_explain.log_timing = off; set client_min_messages = 'notice'`);
  });
  return { plans };
}

/** The tables that a plan walks from one end to the other. */
export function walkedTables(plan: string): string[] {
  return [...plan.matchAll(/Seq Scan on (\w+)[^\n]*\n?/g)]
    .filter(([line]) => !line.includes('never executed'))
    .map(([, table = '']) => table);
}
