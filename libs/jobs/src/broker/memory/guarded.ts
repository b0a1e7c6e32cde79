import { reasonOf } from '../../contracts/reason';

/** Calls the code of a client. What it throws is its own affair: the broker and its other clients go on. */
export function guarded(who: string, call: () => void): void {
  try {
    call();
  } catch (error) {
    process.emitWarning(`${who} failed: ${reasonOf(error)}`, {
      code: 'SCUTWORK_CALLBACK',
    });
  }
}
