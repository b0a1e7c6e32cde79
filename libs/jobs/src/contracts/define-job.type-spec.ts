// Checked by `tsc -p tsconfig.test.json`, never run: each `@ts-expect-error` is an error if the line below it compiles.
import { z } from 'zod';
import type { JobsClient } from '../client/jobs-client';
import type { Handlers } from '../worker/handlers';
import { defineSchedule } from '../scheduling/define-schedule';
import { type InputOf, type PayloadOf, type ResultOf, type Schema, defineJob } from './define-job';

type IsAny<T> = 0 extends 1 & T ? true : false;
type Same<A, B> = IsAny<A> extends true ? false : [A, B] extends [B, A] ? true : false;

const Resize = defineJob({
  type: 'images.resize',
  payload: z.object({
    url: z.string(),
    width: z.number().default(800),
    at: z.iso.datetime().transform((text) => new Date(text)),
  }),
  result: z.object({ bytes: z.number() }),
});
const Untyped = defineJob({ type: 'images.other', payload: z.object({ url: z.string() }) });

/** Any Standard Schema will do. */
declare const foreign: Schema<{ raw: string }, { parsed: number }>;
const Foreign = defineJob({ type: 'images.foreign', payload: foreign });

/** What is passed, what the handler gets, and what it returns are three types. */
export const eachHasItsType: [
  Same<InputOf<typeof Resize>, { url: string; width?: number | undefined; at: string }>,
  Same<PayloadOf<typeof Resize>, { url: string; width: number; at: Date }>,
  Same<ResultOf<typeof Resize>, { bytes: number }>,
  Same<ResultOf<typeof Untyped>, unknown>,
  Same<InputOf<typeof Foreign>, { raw: string }>,
  Same<PayloadOf<typeof Foreign>, { parsed: number }>,
] = [true, true, true, true, true, true];

// @ts-expect-error the check itself can fail
export const theCheckCanFail: Same<InputOf<typeof Resize>, { url: number }> = true;

declare const client: JobsClient;
const at = '2030-01-01T00:00:00Z';

export async function aWrongPayloadDoesNotCompile(): Promise<void> {
  await client.add(Resize, { url: 'x', at });
  await client.add(Resize, { url: 'x', width: 100, at }, { delay: '5m', priority: 'high' });
  await client.addMany(Resize, [{ payload: { url: 'x', at }, options: { attempts: 2 } }]);
  await client.add(Foreign, { raw: 'x' });
  // @ts-expect-error what the schema gives is not what it takes
  await client.add(Foreign, { parsed: 1 });
  // @ts-expect-error a member is missing
  await client.add(Resize, { at });
  // @ts-expect-error a member has the wrong type
  await client.add(Resize, { url: 4, at });
  // @ts-expect-error a member is misspelt
  await client.add(Resize, { url: 'x', widht: 100, at });
  // @ts-expect-error the handler's form is not the caller's
  await client.add(Resize, { url: 'x', at: new Date() });
  // @ts-expect-error one of many is wrong
  await client.addMany(Resize, [{ payload: { url: 'x', at } }, { payload: { url: 1, at } }]);
  // @ts-expect-error there is no such priority
  await client.add(Resize, { url: 'x', at }, { priority: 'urgent' });
  // @ts-expect-error there is no such option
  await client.add(Resize, { url: 'x', at }, { dellay: 5 });
}

declare const handlers: Handlers;

export function aWrongHandlerDoesNotCompile(): void {
  handlers.register(Resize, ({ width, at: moment }) => ({ bytes: width + moment.getTime() }));
  handlers.register(Resize, async () => ({ bytes: 1 }));
  handlers.register(Untyped, () => 'anything');
  handlers.register('images.by-name', (payload: unknown) => payload);
  // @ts-expect-error the result is wrong
  handlers.register(Resize, () => ({ bytes: 'many' }));
  // @ts-expect-error the promised result is wrong
  handlers.register(Resize, async () => ({ size: 1 }));
  // @ts-expect-error the result is missing
  handlers.register(Resize, () => undefined);
  // @ts-expect-error the payload has no such member
  handlers.register(Resize, ({ height }) => ({ bytes: Number(height) }));
  // @ts-expect-error the payload of another type
  handlers.register(Resize, (payload: { url: number }) => ({ bytes: payload.url }));
}

export function aWrongScheduleDoesNotCompile(): void {
  defineSchedule({ name: 'a', every: '1h', job: Resize, payload: { url: 'x', at } });
  // @ts-expect-error the payload is wrong
  defineSchedule({ name: 'a', every: '1h', job: Resize, payload: { url: 5, at } });
  // @ts-expect-error the id comes from schedule and moment
  defineSchedule({ name: 'a', every: '1h', job: Resize, payload: { url: 'x', at }, options: { id: 'mine' } });
}

export function aWrongDefinitionDoesNotCompile(): void {
  // @ts-expect-error there is no payload schema
  defineJob({ type: 'images.none' });
  // @ts-expect-error a schema is not an object of types
  defineJob({ type: 'images.none', payload: { url: String } });
  // @ts-expect-error there is no such backoff
  defineJob({ type: 'images.none', payload: z.object({}), backoff: { type: 'quadratic' } });
}
