import { Logger } from '@nestjs/common';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { keepInFlight } from '../../measure/in-flight.mjs';
import { workQueue } from '../work-queue.mjs';

export async function openPublisher(setting) {
  Logger.overrideLogger(['error', 'warn']);
  const [queue, queueOptions] = workQueue(setting);
  const client = ClientProxyFactory.create({
    transport: Transport.RMQ,
    options: { urls: [setting.amqpUrl], queue, queueOptions, persistent: true },
  });
  await client.connect();
  const publishOne = (body) => lastValueFrom(client.emit('bench', body), { defaultValue: undefined });
  return {
    publish: (jobs, payload) => keepInFlight(jobs, setting.window, (number) => publishOne(payload(number))),
    publishOne,
    close: () => client.close(),
  };
}
