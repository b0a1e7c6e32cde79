import type { Database } from '../store/database';

/** Known to the second: schedulers tell many ticks in one. */
const NOTE_MS = 1_000;
const MOST_REMEMBERED = 1_000;

/** Notes who tells ticks, also those who come second and so decide nothing. */
export class Tellers {
  private readonly notedAt = new Map<string, number>();

  constructor(private readonly database: Database) {}

  async note(names: Iterable<string>): Promise<void> {
    const now = performance.now();
    const due = [...new Set(names)].filter((name) => now - (this.notedAt.get(name) ?? -NOTE_MS) >= NOTE_MS);
    if (due.length === 0) return;
    if (this.notedAt.size > MOST_REMEMBERED) this.notedAt.clear();
    for (const name of due) this.notedAt.set(name, now);
    await this.database.query(NOTE, [due]);
  }
}

/** In one order for everybody. */
const NOTE = `
insert into schedulers (name, ticked_at) select name, now() from unnest($1::text[]) as name order by name
on conflict (name) do update set ticked_at = excluded.ticked_at`;
