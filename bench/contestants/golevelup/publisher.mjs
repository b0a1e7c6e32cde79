import { keepInFlight } from '../../measure/in-flight.mjs';
import { workQueue } from '../work-queue.mjs';
import { openConnection } from './connection.mjs';

const DEFAULT_EXCHANGE = '';

export async function openPublisher(setting) {
  const connection = await openConnection(setting);
  await connection.channel.assertQueue(...workQueue(setting));
  const publishOne = (body) => connection.publish(DEFAULT_EXCHANGE, setting.queue, body, { persistent: true });
  return {
    publish: (jobs, payload) => keepInFlight(jobs, setting.window, (number) => publishOne(payload(number))),
    publishOne,
    close: () => connection.close(),
  };
}
