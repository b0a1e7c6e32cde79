import type { CancelKind } from '../contracts/control';
import { idTimeMs } from '../contracts/job-id';
import type { Control } from '../control/control-stream';
import { type Run, idOf } from './run';
import type { Runs } from './runs';

/** Whether the ledger has revoked this very generation of the job. */
export function revocationOf(run: Run, control: Control): CancelKind | undefined {
  if (!control.revokes) return undefined;
  const { job, place } = run;
  return control.revocationOf({
    ...{ id: idOf(run), generation: job.generation, type: job.type, queue: place.queue, priority: job.priority },
    madeAtMs: () => madeAtMs(run),
  });
}

/** What runs and has been cancelled is told to end. What has only been moved goes on: the ledger follows whichever starts first. */
export function abortCancelled(runs: Runs, control: Control): void {
  if (!control.revokes) return;
  for (const run of runs.all()) {
    if (!run.attempt || run.ended || run.cancelled || revocationOf(run, control) !== 'cancel') continue;
    run.cancelled = true;
    run.attempt.abort(new Error('The job was cancelled'));
  }
}

/**
 * A UUIDv7 tells when the job was first made; later generations were made later. Timestamps are cut to the second: the
 * end of it counts, so that nothing made after a moment is taken for made before it.
 */
function madeAtMs({ job, message }: Run): number | undefined {
  const byId = job.generation === 0 && job.identity ? idTimeMs(job.identity.id) : undefined;
  return byId ?? (message.timestamp === undefined ? undefined : message.timestamp * 1_000 + 999);
}
