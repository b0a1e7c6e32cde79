import { connect } from 'amqplib';
import { workQueue } from '../work-queue.mjs';

/** The least a crash-safe publisher can do: persistent messages on a confirm channel, `setting.window` unconfirmed. */
export async function openPublisher(setting) {
  const connection = await connect(setting.amqpUrl, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(...workQueue(setting));
  const options = { persistent: true, contentType: 'application/json' };
  const send = (body, confirmed) =>
    channel.sendToQueue(setting.queue, Buffer.from(JSON.stringify(body)), options, confirmed);

  function publish(jobs, payload) {
    return new Promise((resolve, reject) => {
      let sent = 0;
      let confirmed = 0;
      const fill = () => {
        while (sent < jobs && sent - confirmed < setting.window) send(payload(sent++), onConfirm);
      };
      const onConfirm = (error) => {
        if (error) return reject(error);
        confirmed += 1;
        if (confirmed === jobs) resolve();
        else fill();
      };
      fill();
    });
  }

  return {
    publish,
    publishMany: publish,
    publishOne: (body) => new Promise((resolve, reject) => send(body, (error) => (error ? reject(error) : resolve()))),
    close: () => connection.close(),
  };
}
