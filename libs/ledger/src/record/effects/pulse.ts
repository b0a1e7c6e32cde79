import type { Transaction } from '../../store/database';
import type { Effect } from '../change';

/** Pulses without a word of a worker after which it is gone: 40 s, twice as long as its lease. */
export const SILENT_PULSES = 8;

/** Told of workers that are found gone, in the transaction that finds it. */
export type OnGone = (tx: Transaction, workers: readonly string[]) => Promise<void>;

/**
 * Pulses that the ledger has read back. A worker that has not been heard of for eight of them is gone; it is back with
 * its next heartbeat. Belongs before `noteWorkers`: what a worker said in the same batch is noted after it.
 */
export const notePulses =
  (onGone?: OnGone): Effect =>
  async (tx, _changes, facts) => {
    let [number, at] = [0, 0];
    for (const fact of facts) {
      if (fact.event !== 'ledger.pulse') continue;
      number = Math.max(number, fact.number);
      at = Math.max(at, fact.at);
    }
    if (at === 0) return;
    await tx.query(
      `insert into heads (name, value) values ('pulse', $1), ('pulsed', $2)
     on conflict (name) do update set value = greatest(heads.value, excluded.value)`,
      [number, at],
    );
    const { rows } = await tx.query<{ name: string }>(FIND_GONE, [SILENT_PULSES]);
    const heard = new Set(facts.map((fact) => fact.event === 'worker.seen' && fact.worker));
    const gone = rows.map(({ name }) => name).filter((name) => !heard.has(name));
    if (gone.length > 0) await onGone?.(tx, gone);
  };

const FIND_GONE = `
update workers set gone = true where not gone and pulse <= (select value from heads where name = 'pulse') - $1
returning name`;
