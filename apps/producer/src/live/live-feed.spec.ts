import type { FeedEntry } from '@scutwork/ledger';
import { LiveFeed } from './live-feed';
import { LiveClient } from './live-client';
import { WHOLE, parsePlace } from './place';

const BUNDLES_A_TIME = 3;

/** A feed that grows when it is told to, read as the ledger's is. */
class GrowingFeed {
  reads = 0;
  oldest = 1;
  private readonly bundles: FeedEntry[][] = [];

  get seq(): number {
    return this.bundles.length;
  }

  grow(...ids: string[]): void {
    const seq = this.bundles.length + 1;
    this.bundles.push(ids.map((id) => ({ seq, id, type: 'a.b', queue: 'a', state: 'active', attempt: 1, at: 0 })));
  }

  feed = async (after: number | 'now') => {
    this.reads += 1;
    await Promise.resolve();
    if (after === 'now') return { seq: this.seq, changes: [], lost: false };
    if (after > this.seq) return { seq: this.seq, changes: [], lost: true };
    const lost = after < this.oldest - 1;
    const found = this.bundles.slice(Math.max(after, this.oldest - 1)).slice(0, BUNDLES_A_TIME);
    return { seq: found.at(-1)?.[0]?.seq ?? after, changes: found.flat(), lost };
  };
}

interface Told {
  /** The jobs, and at which place each was told. */
  ids: string[];
  places: string[];
  lastId: () => string;
  losses: number;
  beats: number;
}

function listen({ stream }: LiveClient): Told {
  const told: Told = { ids: [], places: [], losses: 0, beats: 0, lastId: () => last };
  let last = '';
  stream.on('data', (chunk: Buffer) => {
    for (const [, id = ''] of chunk.toString().matchAll(/^id: (.*)$/gm)) last = id;
    for (const [, place = '', data = ''] of chunk.toString().matchAll(/^id: (.*)\nevent: job\ndata: (.*)$/gm)) {
      told.places.push(place);
      told.ids.push((JSON.parse(data) as { id: string }).id);
    }
    told.losses += chunk.toString().split('event: lost').length - 1;
    told.beats += chunk.toString().split(': beat').length - 1;
  });
  return told;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 5_000; !holds(); await turn()) if (Date.now() > end) throw new Error('it never held');
}

const all = () => true;
const stays = () => Promise.resolve(true);

describe('the live feed', () => {
  const source = { log: { warn: () => undefined } };
  let growing: GrowingFeed;
  let live: LiveFeed;
  beforeEach(() => {
    growing = new GrowingFeed();
    live = new LiveFeed(growing, source.log, 300);
  });
  afterEach(() => live.stop());

  it('tells each reader everything once and in order, whenever it came and from wherever', async () => {
    growing.grow('before');
    const first = listen(await live.attach(undefined, all, stays));
    growing.grow('a', 'b', 'c');
    await until(() => first.ids.length === 3);
    expect(first.places).toEqual(['2.0', '2.1', '2.2']);
    for (let i = 0; i < 20; i++) growing.grow(`d${i}`);
    const again = listen(await live.attach({ seq: 2, index: 0 }, all, stays));
    growing.grow('e');
    await until(() => first.ids.at(-1) === 'e' && again.ids.at(-1) === 'e');
    const later = [...Array.from({ length: 20 }, (_, i) => `d${i}`), 'e'];
    expect(first.ids).toEqual(['a', 'b', 'c', ...later]);
    expect(again.ids).toEqual(['b', 'c', ...later]);
    expect([first.losses, again.losses]).toEqual([0, 0]);
  });

  it('lets nothing fall between catching up and following, however they meet', async () => {
    const anchor = listen(await live.attach(undefined, all, stays));
    const readers: Told[] = [];
    for (let i = 0; i < 60; i++) {
      growing.grow(`x${i}`);
      if (i % 3 === 0) readers.push(listen(await live.attach({ seq: 0, index: WHOLE }, all, stays)));
      if (i % 7 === 0) await turn();
    }
    const wanted = Array.from({ length: 60 }, (_, i) => `x${i}`);
    await until(() => [anchor, ...readers].every(({ ids }) => ids.length >= 60));
    for (const { ids } of [anchor, ...readers]) expect(ids).toEqual(wanted);
  });

  it('asks the ledger once for all readers, and not at all for none', async () => {
    const clients = await Promise.all(Array.from({ length: 50 }, () => live.attach(undefined, all, stays)));
    const [before, startedAt] = [growing.reads, Date.now()];
    await until(() => Date.now() - startedAt > 700);
    expect(growing.reads - before).toBeLessThan(6);
    for (const { stream } of clients) stream.destroy();
    await until(() => Date.now() - startedAt > 1_400);
    const rested = growing.reads;
    await until(() => Date.now() - startedAt > 2_000);
    expect(growing.reads).toBe(rested);
    const back = listen(await live.attach(undefined, all, stays));
    growing.grow('z');
    await until(() => back.ids.includes('z'));
  });

  it('says so when something is not kept any more, or the place is of another database', async () => {
    for (let i = 0; i < 10; i++) growing.grow(`x${i}`);
    growing.oldest = 8;
    const late = listen(await live.attach({ seq: 2, index: WHOLE }, all, stays));
    const stranger = listen(await live.attach({ seq: 4_711, index: WHOLE }, all, stays));
    growing.grow('new');
    await until(() => late.ids.includes('new') && stranger.ids.includes('new'));
    expect([late.losses, stranger.losses]).toEqual([1, 1]);
    expect(late.ids).toEqual(['x7', 'x8', 'x9', 'new']);
    expect(stranger.ids).toEqual(['new']);
  });

  it('goes on alike from the last change of a bundle and from the beat behind it, which names the bundle', async () => {
    growing.grow('a', 'b');
    const told: Told[] = [];
    for (const cutOffBehind of ['1.1', '1']) {
      const client = new LiveClient({ seq: 0, index: WHOLE }, all);
      const cut = listen(client);
      client.tell((await growing.feed(0)).changes, 1);
      await until(() => cut.ids.length === 2);
      expect(cut.lastId()).toBe('1.1');
      client.beat();
      await until(() => cut.beats === 1);
      expect(cut.lastId()).toBe('1');
      told.push(listen(await live.attach(parsePlace(cutOffBehind), all, stays)));
    }
    growing.grow('c', 'd');
    await until(() => told.every(({ ids }) => ids.length === 2));
    for (const { ids, places } of told)
      expect([ids, places]).toEqual([
        ['c', 'd'],
        ['2.0', '2.1'],
      ]);
  });

  it('tells a reader how far it is, also where nothing happens that it wants', async () => {
    const client = await live.attach(undefined, () => false, stays);
    const told = listen(client);
    growing.grow('unwanted');
    await until(() => told.beats > 0 && told.lastId() === '1');
    expect(told.ids).toEqual([]);
  });

  it('lets go of a reader that does not read, and of nobody else', async () => {
    const slow = await live.attach(undefined, all, stays);
    const quick = listen(await live.attach(undefined, all, stays));
    for (let i = 0; i < 40; i++) growing.grow('y'.repeat(50_000));
    await until(() => quick.ids.length === 40);
    expect(slow.stream.destroyed).toBe(true);
  });

  it('ends the stream of a caller who may not stay', async () => {
    let may = true;
    const client = await live.attach(undefined, all, () => Promise.resolve(may));
    const told = listen(client);
    await until(() => told.beats > 0);
    may = false;
    await until(() => client.stream.writableEnded);
  });
});
