import type { PublishDone, PublishFailure } from '../broker';
import { reasonOf } from '../../contracts/reason';

/** Calls back. A callback that throws must not cost the others their answer, nor the channel its life. */
export function answer(done: PublishDone, failure?: PublishFailure): void {
  try {
    done(failure);
  } catch (error) {
    const reason = reasonOf(error);
    process.emitWarning(`A publish callback failed: ${reason}`, { code: 'SCUTWORK_CALLBACK' });
  }
}

/** Calls back, never within the caller's own call of `publish`. */
export function answerLater(done: PublishDone, failure: PublishFailure): void {
  queueMicrotask(() => answer(done, failure));
}
