import assert from 'node:assert/strict';
import type { IncomingMessage } from '../../contracts/message';
import type { Broker } from '../broker';
import { outgoing, publish, store } from './port';
import type { Promises } from './promises';
import { type BrokerTestWorld, until } from './world';

async function openReplies(broker: Broker) {
  const messages: IncomingMessage[] = [];
  let losses = 0;
  const replies = await broker.openReplies({ onReply: (message) => messages.push(message), onLost: () => losses++ });
  return { replies, messages, losses: () => losses };
}

const answerTo = (name: string, id: string) => outgoing({ exchange: '', routingKey: name, messageId: id });

export const replies: Promises<BrokerTestWorld> = {
  'an answer comes to whoever asked, and to nobody else': async (world) => {
    const [one, other, answering] = [await world.connect(), await world.connect(), await world.connect()];
    const [first, second] = [await openReplies(one), await openReplies(other)];
    assert.notEqual(first.replies.name, second.replies.name);
    await store(answering, [answerTo(first.replies.name, 'm1'), answerTo(second.replies.name, 'm2')]);
    await until(world, 'both answers', () => first.messages.length + second.messages.length === 2);
    assert.deepEqual([first.messages[0]?.messageId, second.messages[0]?.messageId], ['m1', 'm2']);
  },

  'a closed queue of answers is gone': async (world) => {
    const broker = await world.connect();
    const { replies, losses } = await openReplies(broker);
    await replies.close();
    const publisher = broker.publisher();
    await until(world, 'it to come back', async () => {
      return (await publish(publisher, answerTo(replies.name, 'm1')))?.kind === 'returned';
    });
    assert.equal(losses(), 0);
  },

  'a lost connection takes the queue of answers with it, and says so once': async (world) => {
    const broker = await world.connect();
    const { replies, losses } = await openReplies(broker);
    await world.dropConnections();
    await until(world, 'the loss', () => losses() === 1);
    await until(world, 'the connection', () => broker.state.name === 'connected');
    const answering = (await world.connect()).publisher();
    await until(world, 'an answer to come back', async () => {
      return (await publish(answering, answerTo(replies.name, 'm1')))?.kind === 'returned';
    });
    await replies.close();
    assert.equal(losses(), 1);
  },
};
