import { onDatabase } from '../stage/on-database';
import type { Fault } from './fault';

/** As one that was failed over to its standby. */
export const fault: Fault = {
  async strike({ stage }) {
    const set = async (value: string): Promise<void> => {
      await onDatabase(stage.ground.database.url, [
        `alter system set default_transaction_read_only = ${value}`,
        'select pg_reload_conf()',
      ]);
    };
    await set('on');
    return { whom: 'the database', heal: () => set('off') };
  },
};
