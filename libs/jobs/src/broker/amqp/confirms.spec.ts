import fc from 'fast-check';
import { type Pending, Confirms } from './confirms';

function pending(id: string, expiresAt = Infinity): Pending {
  const message = { exchange: 'x', routingKey: 'k', body: Buffer.from('body'), mandatory: true, messageId: id };
  return { message, done: () => undefined, expiresAt, givenUp: false };
}

const idOf = ({ message }: Pending): string => message.messageId ?? '';

describe('the confirms of a channel', () => {
  test('each message is settled once, by the answer that speaks of it', () => {
    const answers = fc.array(fc.record({ tag: fc.integer({ min: 1, max: 60 }), multiple: fc.boolean() }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), answers, (count, script) => {
        const confirms = new Confirms();
        const open = new Set<number>();
        for (let tag = 1; tag <= count; tag += 1) {
          confirms.add(pending(String(tag)));
          open.add(tag);
        }
        for (const { tag, multiple } of script) {
          if (!open.has(tag)) continue;
          const wanted = [...open].filter((other) => other === tag || (multiple && other < tag));
          const settled: string[] = [];
          confirms.settle(tag, multiple, (one) => settled.push(idOf(one)));
          expect(settled).toEqual(wanted.map(String));
          for (const other of wanted) open.delete(other);
        }
        expect([confirms.open, confirms.openBytes]).toEqual([open.size, open.size * 4]);
        const left: string[] = [];
        confirms.drain((one) => left.push(idOf(one)));
        expect(left).toEqual([...open].map(String));
        expect(confirms.open).toBe(0);
      }),
    );
  });

  test('what was given up at its deadline leaves the window, and its late confirm keeps the count of tags', () => {
    const confirms = new Confirms();
    for (const one of [pending('early', 10), pending('late', 20)]) confirms.add(one);
    expect(confirms.nextDeadline()).toBe(10);
    const [expired, settled]: [string[], string[]] = [[], []];
    confirms.expire(15, (one) => expired.push(idOf(one)));
    expect([expired, confirms.open, confirms.nextDeadline()]).toEqual([['early'], 1, 20]);
    confirms.expire(15, (one) => expired.push(idOf(one)));
    confirms.settle(2, false, (one) => settled.push(idOf(one)));
    confirms.settle(1, false, (one) => settled.push(`${idOf(one)} ${one.givenUp}`));
    expect([expired, settled, confirms.open]).toEqual([['early'], ['late', 'early true'], 0]);
  });

  test('an answer may lead to the next message being sent', () => {
    const confirms = new Confirms();
    const settled: string[] = [];
    const take = (one: Pending): void => {
      settled.push(idOf(one));
      if (settled.length < 300) confirms.add(pending(String(settled.length + 3)));
    };
    for (const id of ['1', '2', '3']) confirms.add(pending(id));
    confirms.settle(1_000, true, take);
    expect(settled).toHaveLength(302);
    expect(new Set(settled).size).toBe(302);
  });
});
