import type { Delivery } from '@scutwork/jobs';
import type { RecordedEvent } from '@scutwork/jobs/wire';
import { beforeTheirEnds } from './before-their-ends';
import { HeldBack } from './held-back';

const deliveryOf = (bytes = 1): Delivery & { alive: boolean } => ({
  message: {
    ...{ queue: 'jobs.ledger', exchange: 'jobs.records', routingKey: '', headers: {} },
    ...{ redelivered: false, deliveryCount: 0, body: Buffer.alloc(bytes) },
  },
  ...{ alive: true, ack: () => undefined, requeue: () => undefined, reject: () => undefined },
});

describe('HeldBack', () => {
  const heldBack = (): { held: HeldBack; pass: (ms: number) => void } => {
    let now = 0;
    return { held: new HeldBack(() => now), pass: (ms) => (now += ms) };
  };
  const only =
    (...waits: Delivery[]) =>
    (): ReadonlySet<Delivery> =>
      new Set(waits);

  test('what had better wait comes before all later ones, as soon as it need not wait any more', () => {
    const { held } = heldBack();
    const [a, b, c] = [deliveryOf(), deliveryOf(), deliveryOf()];
    expect(held.sift([a, b], only(a))).toEqual([b]);
    expect(held.sift([c], only())).toEqual([a, c]);
    expect(held.size).toBe(0);
  });

  test('when nothing is to wait, all is let go', () => {
    const { held } = heldBack();
    const [a, b] = [deliveryOf(), deliveryOf()];
    held.sift([a, b], only(a));
    expect(held.sift([], () => undefined)).toEqual([a]);
  });

  test('after two seconds it is let go, whatever is thought of it', () => {
    const { held, pass } = heldBack();
    const [a, b] = [deliveryOf(), deliveryOf()];
    held.sift([a, b], only(a));
    pass(1_999);
    expect(held.sift([], only(a))).toEqual([]);
    pass(1);
    expect(held.sift([], only(a))).toEqual([a]);
  });

  test('there is room for 500 messages and 16 MiB; the oldest go first', () => {
    const many = Array.from({ length: 502 }, () => deliveryOf());
    expect(heldBack().held.sift(many, only(...many))).toEqual(many.slice(0, 2));
    const large = Array.from({ length: 3 }, () => deliveryOf(8 * 1024 * 1024));
    expect(heldBack().held.sift(large, only(...large))).toEqual(large.slice(0, 1));
  });

  test('those of a lost connection come again, and are forgotten', () => {
    const { held } = heldBack();
    const [lost, kept] = [deliveryOf(), deliveryOf()];
    held.sift([lost, kept], only(lost, kept));
    lost.alive = false;
    held.dropLost();
    expect(held.empty()).toEqual([kept]);
    expect(held.size).toBe(0);
  });
});

describe('beforeTheirEnds', () => {
  const fact = (event: 'submitted' | 'started' | 'completed', id: string): RecordedEvent =>
    ({ event, id }) as RecordedEvent;
  const judged = (...told: RecordedEvent[][]): number[] => {
    const batch: Delivery[] = told.map(() => deliveryOf());
    const held = beforeTheirEnds(batch, (delivery) => told[batch.indexOf(delivery)] ?? []);
    return batch.flatMap((delivery, index) => (held.has(delivery) ? [index] : []));
  };

  test('submissions wait of which more than half have not ended, if others have', () => {
    const submitted = (...ids: string[]) => ids.map((id) => fact('submitted', id));
    const ends = [fact('completed', 'a'), fact('completed', 'b')];
    expect(judged(submitted('a', 'b'), submitted('b', 'c'), submitted('b', 'c', 'd'), ends)).toEqual([2]);
    expect(judged(submitted('c'), submitted('d'))).toEqual([]);
  });

  test('nothing waits that tells anything else, or nothing at all', () => {
    const ends = [fact('completed', 'a')];
    expect(judged(ends, [fact('submitted', 'b'), fact('started', 'b')], [])).toEqual([]);
  });
});
