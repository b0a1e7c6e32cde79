import { setTimeout as sleep } from 'node:timers/promises';
import { Capped, MOST_CAPPED, SCHEDULES } from '../jobs';
import { queueOf } from '@scutwork/jobs';
import type { LedgerApi } from './ledger-api';

const AGAIN_MS = 300;

interface WorkerTold {
  gone: boolean;
  queues: string[];
  controlVersion?: number;
}

/** Puts something in force, however often it takes. @returns the version from which on it is; undefined when nobody wants to know any more */
export async function put(
  api: LedgerApi,
  [method, path, body]: [method: 'POST' | 'PUT', path: string, body?: object],
  signal: AbortSignal,
): Promise<number | undefined> {
  while (!signal.aborted) {
    const answer = await api.ask<{ version?: number }>(method, path, body);
    if (answer && answer.status < 300) return answer.body.version;
    if (answer) throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    await nap(AGAIN_MS, signal);
  }
  return undefined;
}

/** When every worker of a queue that is not gone had said that this version is in force there. */
export async function inForce(
  api: LedgerApi,
  queue: string,
  version: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  while (!signal.aborted) {
    const answer = await api.ask<{ items: WorkerTold[] }>('GET', '/workers');
    const workers = answer?.body.items.filter(({ gone, queues }) => !gone && queues.includes(queue)) ?? [];
    if (workers.length > 0 && workers.every(({ controlVersion = 0 }) => controlVersion >= version)) return answer?.at;
    await nap(AGAIN_MS, signal);
  }
  return undefined;
}

/** From then on a queue has a cap in all workers together. */
export async function putCap(api: LedgerApi, signal: AbortSignal): Promise<void> {
  const queue = queueOf(Capped.type);
  const version = await put(api, ['PUT', `/queues/${queue}/concurrency`, { most: MOST_CAPPED }], signal);
  if (version !== undefined) await inForce(api, queue, version, signal);
}

/** No schedule makes any more jobs, whoever ticks. */
export async function endSchedules(api: LedgerApi, signal: AbortSignal): Promise<void> {
  for (const name of Object.keys(SCHEDULES)) await put(api, ['POST', `/schedules/${name}/disable`], signal);
}

export async function nap(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
