import fc from 'fast-check';
import { type AckBatch, type Held, Unsettled } from './unsettled';

/** A broker's book of one channel; like RabbitMQ it refuses an ack of a tag that it does not know (any more). */
class Book {
  readonly unacked = new Set<number>();
  readonly acked = new Set<number>();

  ack(tag: number, multiple: boolean): void {
    if (!this.unacked.has(tag)) throw new Error(`406 unknown delivery tag ${tag}`);
    for (const other of [...this.unacked]) {
      if (other !== tag && !(multiple && other < tag)) continue;
      this.unacked.delete(other);
      this.acked.add(other);
    }
  }
}

function send({ upTo, singles }: AckBatch, book: Book): void {
  if (upTo !== undefined) book.ack(upTo, true);
  for (const tag of singles) book.ack(tag, false);
}

function held(tag: number): Held {
  return { tag, acked: false, older: undefined, newer: undefined };
}

/** Each step delivers some, settles some of those that are out, or sends the acks of the moment. */
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ do: fc.constant('ack' as const), which: fc.nat() }),
    fc.record({ do: fc.constant('return' as const), which: fc.nat() }),
    fc.record({ do: fc.constant('flush' as const) }),
  ),
  { maxLength: 200 },
);

describe('what a channel has not settled', () => {
  test('every ack reaches its delivery once, none speaks for another, and none is of a tag unknown to the broker', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const [unsettled, book] = [new Unsettled(), new Book()];
        const open: Held[] = [];
        const wanted = new Set<number>();
        let lastTag = 0;
        for (const step of script) {
          if (step.do === 'flush') send(unsettled.take(), book);
          if (step.do === 'deliver') {
            for (let i = 0; i < step.count; i += 1) {
              const next = held((lastTag += 1));
              book.unacked.add(next.tag);
              unsettled.add(next);
              open.push(next);
            }
          }
          if (step.do !== 'ack' && step.do !== 'return') continue;
          const [one] = open.splice(step.which % Math.max(1, open.length), 1);
          if (!one) continue;
          if (step.do === 'ack') {
            wanted.add(one.tag);
            unsettled.ack(one);
          } else {
            unsettled.remove(one);
            book.unacked.delete(one.tag);
          }
        }
        send(unsettled.take(), book);
        expect(book.acked).toEqual(wanted);
        expect([...book.unacked]).toEqual(open.map(({ tag }) => tag).sort((a, b) => a - b));
      }),
    );
  });

  test('what is done without a gap is acked by one frame', () => {
    const unsettled = new Unsettled();
    const all = [1, 2, 3, 4].map(held);
    for (const one of all) unsettled.add(one);
    for (const one of [...all].reverse()) unsettled.ack(one);
    expect(unsettled.take()).toEqual({ upTo: 4, singles: [] });
    expect(unsettled.take()).toEqual({ upTo: undefined, singles: [] });
  });

  test('a long job holds up nobody’s ack', () => {
    const unsettled = new Unsettled();
    const all = [1, 2, 3].map(held);
    for (const one of all) unsettled.add(one);
    for (const one of all.slice(1)) unsettled.ack(one);
    expect(unsettled.take()).toEqual({ upTo: undefined, singles: [2, 3] });
  });

  test('a settled delivery that is kept does not keep its followers', () => {
    const unsettled = new Unsettled();
    const [first, second] = [held(1), held(2)];
    unsettled.add(first);
    unsettled.add(second);
    unsettled.ack(first);
    unsettled.take();
    expect(first.newer).toBeUndefined();
  });
});
