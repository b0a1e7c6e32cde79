import type { Pause } from '../oracle/evidence';
import type { Seeded } from '../plan/seeded';
import { inForce, nap, put } from './in-force';
import type { LedgerApi } from './ledger-api';

const QUEUE = 'paused';

/**
 * Pauses a queue and resumes it, again and again. From when every worker that is not gone has said that the pause is in
 * force there, until the resumption is asked for, nothing of the queue may start.
 */
export async function pauseAndResume(
  api: LedgerApi,
  random: Seeded,
  pauses: Pause[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const version = await put(api, ['POST', `/queues/${QUEUE}/pause`], signal);
    const fromMs = version === undefined ? undefined : await inForce(api, QUEUE, version, signal);
    await nap(random.between(1_000, 3_000), signal);
    if (fromMs !== undefined) pauses.push({ queue: QUEUE, fromMs, toMs: Date.now() });
    await resume(api, signal);
    await nap(random.between(2_000, 5_000), signal);
  }
}

/** It must not stay paused, whatever happens. */
export async function resume(api: LedgerApi, signal: AbortSignal): Promise<void> {
  await put(api, ['POST', `/queues/${QUEUE}/resume`], signal);
}
