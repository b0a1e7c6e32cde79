import { z } from 'zod';
import {
  type AnyJob,
  type Handlers,
  type InputOf,
  type JobsClient,
  type Worker,
  defineJob,
  redriveDead,
} from '../../libs/jobs/src';
import { JobsWorld, type Witness } from '../support/jobs-world';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

/** Job types as two releases of one application have them. */
const Old = {
  order: defineJob({ type: 'shop.order', payload: z.object({ n: z.number() }) }),
  bill: defineJob({ type: 'shop.bill', payload: z.object({ n: z.number() }) }),
  gone: defineJob({ type: 'shop.gone', payload: z.object({ n: z.number() }) }),
  parcel: defineJob({ type: 'shop.parcel', payload: z.object({ n: z.number() }) }),
  quote: defineJob({ type: 'shop.quote', payload: z.object({ n: z.number() }) }),
};
const New = {
  /** A field more, with a default. */
  order: defineJob({ type: 'shop.order', payload: z.object({ n: z.number(), currency: z.string().default('EUR') }) }),
  /** A payload that the old one cannot read, under the same name. */
  bill: defineJob({ type: 'shop.bill', payload: z.object({ lines: z.array(z.number()) }) }),
  /** The same, under another. */
  billV2: defineJob({ type: 'shop.bill-v2', payload: z.object({ lines: z.array(z.number()) }) }),
  /** The same under the old name, said to be a newer version, which takes payloads of the old one. */
  quote: defineJob({
    type: 'shop.quote',
    version: 2,
    payload: z.union([z.object({ lines: z.array(z.number()) }), z.object({ n: z.number() })]),
  }),
  added: defineJob({ type: 'shop.added', payload: z.object({ n: z.number() }) }),
  shipment: defineJob({ type: 'shop.shipment', aliases: ['shop.parcel'], payload: z.object({ n: z.number() }) }),
};
/** Knows the old names besides, as a release should whose jobs of old still wait. */
const Careful = { ...New, bill: Old.bill, gone: Old.gone };

const RELEASES = { Old, New, Careful };
type Release = keyof typeof RELEASES;
/** Until a job that was put off comes again, and once more, in milliseconds. */
const PUT_OFF_MS = 20_000;

interface Deployed {
  worker: Worker;
  witness: Witness;
}

describe('two releases with different job types, beside each other', () => {
  let world: JobsWorld;
  /** What ran: which release, which type, with what. */
  let ran: [Release, string, unknown][];
  beforeEach(() => {
    world = new JobsWorld(sharedBroker().url);
    ran = [];
  });
  afterEach(() => world.stop());

  const deploy = (release: Release): Promise<Deployed> =>
    world.worker((handlers: Handlers) => {
      for (const job of Object.values(RELEASES[release]))
        handlers.register(job, (payload: unknown) => void ran.push([release, job.type, payload]));
    });
  const client = (release: Release): Promise<JobsClient> => world.client(Object.values(RELEASES[release]));
  /** A worker of the old release puts off what a newer client adds, and leaves. */
  const putOffByOld = async <J extends AnyJob>(release: Release, job: J, payload: InputOf<J>): Promise<string> => {
    const old = await deploy('Old');
    const { id } = await (await client(release)).add(job, payload);
    expect(await old.witness.waitFor('deferred')).toMatchObject([{ id, reason: 'type_unknown' }]);
    await old.worker.stop();
    return id;
  };

  test('a job of a type that came with the new one waits for it, also when a roll-back comes between', async () => {
    const old = await deploy('Old');
    const { id } = await (await client('New')).add(New.added, { n: 1 });
    expect(await old.witness.waitFor('deferred')).toMatchObject([{ id, reason: 'type_unknown' }]);
    const first = await deploy('New');
    await first.worker.stop();
    await deploy('New');
    await until('it to run in a new one', () => ran.length > 0, PUT_OFF_MS);
    expect(ran).toEqual([['New', 'shop.added', { n: 1 }]]);
  });

  test('a job of a type that went with the old one waits for a release that knows it', async () => {
    const next = await deploy('New');
    const { id } = await (await client('Old')).add(Old.gone, { n: 1 });
    expect(await next.witness.waitFor('deferred')).toMatchObject([{ id, reason: 'type_unknown' }]);
    const careful = await deploy('Careful');
    await careful.witness.waitFor('completed', 1, PUT_OFF_MS);
    expect(ran).toEqual([['Careful', 'shop.gone', { n: 1 }]]);
  });

  test('a field more with a default: each release reads what the other publishes', async () => {
    const [older, newer] = [await client('Old'), await client('New')];
    const old = await deploy('Old');
    await newer.add(New.order, { n: 1, currency: 'CHF' });
    await old.witness.waitFor('completed');
    await old.worker.stop();
    const next = await deploy('New');
    await older.add(Old.order, { n: 2 });
    await next.witness.waitFor('completed');
    expect(ran).toEqual([
      ['Old', 'shop.order', { n: 1 }],
      ['New', 'shop.order', { n: 2, currency: 'EUR' }],
    ]);
  });

  test('a payload that old workers cannot read, under a new name: they put it off; the old name is done beside it', async () => {
    await putOffByOld('Careful', New.billV2, { lines: [1, 2] });
    await (await client('Old')).add(Old.bill, { n: 3 });
    const careful = await deploy('Careful');
    await careful.witness.waitFor('completed', 2, PUT_OFF_MS);
    expect(ran.toSorted(([, a], [, b]) => a.localeCompare(b))).toEqual([
      ['Careful', 'shop.bill', { n: 3 }],
      ['Careful', 'shop.bill-v2', { lines: [1, 2] }],
    ]);
  });

  test('a type is renamed: the new release does jobs of both names, the old one puts off those of the new', async () => {
    const renamed = await putOffByOld('New', New.shipment, { n: 1 });
    const next = await deploy('New');
    const late = await (await client('Old')).add(Old.parcel, { n: 2 });
    expect(await next.witness.waitFor('completed', 2, PUT_OFF_MS)).toMatchObject([
      { id: late.id, type: 'shop.parcel' },
      { id: renamed, type: 'shop.shipment' },
    ]);
    expect(ran).toEqual([
      ['New', 'shop.shipment', { n: 2 }],
      ['New', 'shop.shipment', { n: 1 }],
    ]);
  });

  test('the same under the old name, of a higher version: they put it off; what they add is done by the new release', async () => {
    await putOffByOld('New', New.quote, { lines: [1, 2] });
    await (await client('Old')).add(Old.quote, { n: 3 });
    const next = await deploy('New');
    await next.witness.waitFor('completed', 2, PUT_OFF_MS);
    expect(ran).toEqual([
      ['New', 'shop.quote', { n: 3 }],
      ['New', 'shop.quote', { lines: [1, 2] }],
    ]);
  });

  test('the same under the old name and version: dead in whichever release cannot read it, whole, and redriven into the other', async () => {
    const old = await deploy('Old');
    const { id } = await (await client('New')).add(New.bill, { lines: [1, 2] });
    expect(await old.witness.waitFor('dead')).toMatchObject([{ id, reason: 'payload_invalid', attempt: 1 }]);
    await old.worker.stop();
    const next = await deploy('New');
    const late = await (await client('Old')).add(Old.bill, { n: 3 });
    expect(await next.witness.waitFor('dead')).toMatchObject([{ id: late.id, reason: 'payload_invalid' }]);
    expect(ran).toEqual([]);
    await expect(redriveDead(await world.broker(), world.names, 'shop')).resolves.toMatchObject({ redriven: 2 });
    await next.witness.waitFor('completed');
    expect(ran).toEqual([['New', 'shop.bill', { lines: [1, 2] }]]);
  });
});
