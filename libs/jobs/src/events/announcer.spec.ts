import { memoryBroker } from '../broker/memory/memory-broker';
import type { Broker, PublishDone } from '../broker/broker';
import type { OutgoingMessage } from '../contracts/message';
import { fakeClock } from '../testing/fake-clock';
import { namesFor } from '../topology/names';
import { type Announcement, Announcer } from './announcer';

const said: Announcement = {
  ...{ event: 'completed', id: '1', type: 'email.welcome', state: 'completed', attempt: 1, at: 7 },
};

/** Most that wait, and most that are unconfirmed. */
const [MOST_WAITING, WINDOW] = [5_000, 30];

/** A broker that takes down what is published to it, and does not answer by itself. */
function listeningBroker() {
  const published: { message: OutgoingMessage; done: PublishDone }[] = [];
  const publisher = Object.assign(memoryBroker().publisher(), {
    publish: (message: OutgoingMessage, done: PublishDone) => void published.push({ message, done }),
  });
  const broker: Broker = Object.assign(memoryBroker(), { publisher: () => publisher });
  const clock = fakeClock();
  const leftOut: number[] = [];
  const announcer = new Announcer({ broker, names: namesFor(), clock, onLeftOut: (count) => leftOut.push(count) });
  const bodies = () => published.map(({ message }) => JSON.parse(message.body.toString()) as Record<string, unknown>);
  /** Confirms what is sent, and what is sent then. */
  const confirmAll = (from = 0): void => {
    for (let next = from; next < published.length; next += 1) published[next]?.done();
  };
  return { announcer, clock, published, bodies, leftOut, confirmAll };
}

describe('an announcer', () => {
  it('tells a key that nobody listens to once a second, and all the others', async () => {
    const { announcer, clock, published } = listeningBroker();
    announcer.announce(said);
    published[0]?.done({ kind: 'returned', reason: 'no queue' });
    announcer.announce(said);
    announcer.announce({ ...said, event: 'dead', state: 'dead' });
    expect(published.map(({ message }) => message.routingKey)).toEqual(['email.completed', 'email.dead']);
    await clock.advance(1_000);
    announcer.announce(said);
    expect(published).toHaveLength(3);
  });

  it('goes on telling a key of which a foreign queue refused one', () => {
    const { announcer, published, bodies } = listeningBroker();
    announcer.announce({ ...said, progress: '{"half":true}' });
    published[0]?.done({ kind: 'nacked', reason: 'full' });
    announcer.announce({ ...said, progress: '{"hal' });
    expect(bodies()).toEqual([
      { ...said, queue: 'email', progress: { half: true } },
      { ...said, queue: 'email', progress: '{"hal' },
    ]);
  });

  it('leaves out the oldest when listeners are slow, and says by queue and event how many', async () => {
    const { announcer, clock, published, bodies, leftOut, confirmAll } = listeningBroker();
    for (let at = 1; at <= WINDOW; at += 1) announcer.announce({ ...said, at });
    announcer.announce({ ...said, event: 'dead', state: 'dead', at: 40 });
    announcer.announce({ ...said, at: 41 });
    announcer.announce({ ...said, at: 42 });
    for (let at = 1; at <= MOST_WAITING; at += 1) announcer.announce({ ...said, at: 1_000 + at });
    expect(published).toHaveLength(WINDOW);
    announcer.announce({ ...said, event: 'dead', state: 'dead', at: 9_001 });
    expect(clock.timers).toBe(1);
    await clock.advance(1_000);
    expect(leftOut).toEqual([4]);

    confirmAll();
    expect(bodies()).toHaveLength(WINDOW + MOST_WAITING);
    expect(bodies()[WINDOW]).toMatchObject({ event: 'completed', at: 1_002, leftOut: 3 });
    expect(bodies().at(-2)).toMatchObject({ event: 'completed', at: 1_000 + MOST_WAITING });
    expect(bodies().at(-1)).toMatchObject({ event: 'dead', at: 9_001, leftOut: 1 });
    expect(bodies().filter((body) => 'leftOut' in body)).toHaveLength(2);
  });

  it('keeps no more than 16 MiB of progress, but one however large', () => {
    const { announcer, bodies, confirmAll } = listeningBroker();
    for (let at = 1; at <= WINDOW; at += 1) announcer.announce({ ...said, at });
    const progress = JSON.stringify('x'.repeat(9 * 1024 * 1024));
    for (let at = 101; at <= 103; at += 1)
      announcer.announce({ ...said, event: 'progress', state: 'active', at, progress });
    announcer.announce({
      ...said,
      event: 'progress',
      state: 'active',
      at: 104,
      progress: `${progress}${' '.repeat(9e6)}`,
    });
    confirmAll();
    expect(bodies().slice(WINDOW)).toEqual([expect.objectContaining({ at: 104, leftOut: 3 })]);
  });

  it('sends no more of what waits once it has come back that nobody listens, and counts nothing as left out', async () => {
    const { announcer, clock, published, leftOut } = listeningBroker();
    for (let count = 0; count < WINDOW + MOST_WAITING + 2; count += 1) announcer.announce(said);
    for (const { done } of published.slice(0, WINDOW)) done({ kind: 'returned', reason: 'no queue' });
    expect(published).toHaveLength(WINDOW);
    await clock.advance(1_000);
    announcer.announce(said);
    expect(published).toHaveLength(WINDOW + 1);
    expect(leftOut).toEqual([]);
  });

  it('tells what is counted when it ends', async () => {
    const { announcer, clock, leftOut } = listeningBroker();
    for (let count = 0; count < WINDOW + MOST_WAITING + 2; count += 1) announcer.announce(said);
    await announcer.close();
    expect(leftOut).toEqual([2]);
    expect(clock.timers).toBe(0);
    announcer.announce(said);
    await clock.advance(2_000);
    expect(leftOut).toEqual([2]);
  });
});
