import { setTimeout as sleep } from 'node:timers/promises';
import type { Pause } from '../oracle/evidence';
import type { Seeded } from '../plan/seeded';
import type { LedgerApi } from './ledger-api';

const QUEUE = 'paused';
const AGAIN_MS = 300;

interface WorkerTold {
  name: string;
  gone: boolean;
  queues: string[];
  controlVersion?: number;
}

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
    const version = await put('pause', api, signal);
    const fromMs = version === undefined ? undefined : await inForce(version, api, signal);
    await nap(random.between(1_000, 3_000), signal);
    if (fromMs !== undefined) pauses.push({ queue: QUEUE, fromMs, toMs: Date.now() });
    await put('resume', api, signal);
    await nap(random.between(2_000, 5_000), signal);
  }
}

/** It must not stay paused, whatever happens. */
export async function resume(api: LedgerApi, signal: AbortSignal): Promise<void> {
  await put('resume', api, signal);
}

async function put(what: 'pause' | 'resume', api: LedgerApi, signal: AbortSignal): Promise<number | undefined> {
  while (!signal.aborted) {
    const answer = await api.ask<{ version?: number }>('POST', `/queues/${QUEUE}/${what}`);
    if (answer) return answer.body.version;
    await nap(AGAIN_MS, signal);
  }
  return undefined;
}

async function inForce(version: number, api: LedgerApi, signal: AbortSignal): Promise<number | undefined> {
  while (!signal.aborted) {
    const answer = await api.ask<{ items: WorkerTold[] }>('GET', '/workers');
    const workers = answer?.body.items.filter(({ gone, queues }) => !gone && queues.includes(QUEUE)) ?? [];
    if (workers.length > 0 && workers.every(({ controlVersion = 0 }) => controlVersion >= version)) return answer?.at;
    await nap(AGAIN_MS, signal);
  }
  return undefined;
}

async function nap(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
