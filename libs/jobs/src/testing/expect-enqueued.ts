import type { EnqueuedJob } from './enqueued';
import { asJson, differenceFrom, shown } from './partial';

/** What more an added job must be, besides its type and payload. Only what is named is compared. */
export interface EnqueuedDetails extends Partial<Omit<EnqueuedJob, 'type' | 'queue' | 'payload'>> {
  /** Exactly so many. Default: at least one. */
  times?: number;
}

export interface EnqueuedQuestion {
  type: string;
  /** Undefined: any. */
  payload: unknown;
  details: EnqueuedDetails;
}

/**
 * The jobs that were asked for.
 * @throws Error telling what was enqueued in their place
 */
export function findEnqueued(all: readonly EnqueuedJob[], question: EnqueuedQuestion): EnqueuedJob[] {
  const found = all.filter((job) => job.type === question.type && !differenceOf(job, question));
  const { times } = question.details;
  if (times === undefined ? found.length > 0 : found.length === times) return found;
  const count = times === undefined ? 'No' : `${found.length}, not ${times},`;
  throw new Error(
    `${count} ${wish(question)} ${found.length === 1 ? 'was' : 'were'} enqueued.\n${whatWas(all, question)}`,
  );
}

/** @throws Error when one was */
export function refuseEnqueued(all: readonly EnqueuedJob[], question: EnqueuedQuestion): void {
  const [found] = all.filter((job) => job.type === question.type && !differenceOf(job, question));
  if (found) throw new Error(`A ${wish(question)} was enqueued:\n  ${shown(found.payload)}`);
}

function differenceOf(job: EnqueuedJob, { payload, details }: EnqueuedQuestion): string | undefined {
  const { times: _times, ...members } = details;
  const inPayload = payload === undefined ? undefined : differenceFrom(asJson(payload), job.payload, 'payload');
  return inPayload ?? differenceFrom(asJson(members), asJson(job), 'job');
}

function wish({ type, payload, details }: EnqueuedQuestion): string {
  const { times: _times, ...members } = details;
  const wishes = [
    ...(payload === undefined ? [] : [shown(payload)]),
    ...Object.entries(members).map(([name, value]) => `${name} ${shown(value)}`),
  ];
  return wishes.length === 0 ? type : `${type} with ${wishes.join(', ')}`;
}

function whatWas(all: readonly EnqueuedJob[], question: EnqueuedQuestion): string {
  const ofType = all.filter((job) => job.type === question.type);
  if (all.length === 0) return 'Nothing was enqueued.';
  if (ofType.length === 0) return `Enqueued were: ${[...new Set(all.map((job) => job.type))].sort().join(', ')}.`;
  const lines = ofType.map((job, i) => {
    const difference = differenceOf(job, question);
    return `  ${i + 1}. ${shown(job.payload)}${difference === undefined ? '' : ` (${difference})`}`;
  });
  return [`Enqueued of that type were:`, ...lines].join('\n');
}
