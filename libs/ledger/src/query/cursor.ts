import { LedgerError } from '../store/ledger-error';

/** Where a page ended: the next one begins after it. */
export interface Place {
  /** Milliseconds since 1970. */
  at: number;
  /** Decides among those of one millisecond. */
  id: string;
}

/** `of` says what was asked: a cursor goes on with the same question alone. */
export function writeCursor({ at, id }: Place, of: string): string {
  return Buffer.from(JSON.stringify([of, at, id])).toString('base64url');
}

/** @throws LedgerError `cursor_invalid` */
export function readCursor(cursor: string | undefined, of: string, isId: (id: string) => boolean): Place | undefined {
  if (cursor === undefined) return undefined;
  const parts = parse(cursor);
  const [question, at, id] = Array.isArray(parts) && parts.length === 3 ? (parts as unknown[]) : [];
  const legal = isMoment(at) && typeof id === 'string' && isId(id);
  if (!legal || typeof question !== 'string') throw invalid('it is none of ours');
  if (question !== of) throw invalid('it belongs to another filter or order');
  return { at, id };
}

const LAST_MOMENT = 253_402_300_799_999;

function isMoment(at: unknown): at is number {
  return Number.isInteger(at) && Math.abs(at as number) <= LAST_MOMENT;
}

function parse(cursor: unknown): unknown {
  try {
    return typeof cursor === 'string' && cursor.length <= 500
      ? JSON.parse(Buffer.from(cursor, 'base64url').toString())
      : undefined;
  } catch {
    return undefined; // Refused by whoever asked: it is none of ours.
  }
}

function invalid(fault: string): LedgerError {
  return new LedgerError('cursor_invalid', `The cursor cannot be used: ${fault}.`, {
    field: 'cursor',
    hint: 'Give the cursor of the page before, with the same filter and order; or none, to begin anew.',
  });
}
