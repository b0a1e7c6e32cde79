import { memoryBroker } from '../broker/memory/memory-broker';
import type { Broker, PublishDone } from '../broker/broker';
import type { OutgoingMessage } from '../contracts/message';
import { fakeClock } from '../testing/fake-clock';
import { namesFor } from '../topology/names';
import { type Announcement, Announcer } from './announcer';

const said: Announcement = {
  ...{ event: 'completed', id: '1', type: 'email.welcome', state: 'completed', attempt: 1, at: 7 },
};

/** A broker that takes down what is published to it, and does not answer by itself. */
function listeningBroker() {
  const published: { message: OutgoingMessage; done: PublishDone }[] = [];
  const publisher = {
    ...memoryBroker().publisher(),
    publish: (message: OutgoingMessage, done: PublishDone) => void published.push({ message, done }),
  };
  const broker: Broker = Object.assign(memoryBroker(), { publisher: () => publisher });
  return { broker, published };
}

describe('an announcer', () => {
  it('tells a key that nobody listens to once a second, and all the others', async () => {
    const clock = fakeClock();
    const { broker, published } = listeningBroker();
    const announcer = new Announcer({ broker, names: namesFor(), clock });
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
    const { broker, published } = listeningBroker();
    const announcer = new Announcer({ broker, names: namesFor(), clock: fakeClock() });
    announcer.announce({ ...said, progress: '{"half":true}' });
    published[0]?.done({ kind: 'nacked', reason: 'full' });
    announcer.announce({ ...said, progress: '{"hal' });
    expect(published.map(({ message }) => JSON.parse(message.body.toString()) as unknown)).toEqual([
      { ...said, queue: 'email', progress: { half: true } },
      { ...said, queue: 'email', progress: '{"hal' },
    ]);
  });
});
