import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, Payload, Transport } from '@nestjs/microservices';
import { workQueue } from '../work-queue.mjs';

export async function openWorker(setting, handle) {
  const [queue, queueOptions] = workQueue(setting);
  const app = await NestFactory.createMicroservice(moduleWith(handle), {
    transport: Transport.RMQ,
    options: { urls: [setting.amqpUrl], queue, queueOptions, noAck: false, prefetchCount: setting.prefetch },
    logger: ['error', 'warn'],
  });
  await app.listen();
  return { close: () => app.close() };
}

/** A controller with `@EventPattern('bench')`, its decorators applied by hand: this is plain JavaScript. */
function moduleWith(handle) {
  class BenchController {
    onJob(body, context) {
      handle(body);
      context.getChannelRef().ack(context.getMessage());
    }
  }
  Controller()(BenchController);
  Payload()(BenchController.prototype, 'onJob', 0);
  Ctx()(BenchController.prototype, 'onJob', 1);
  const onJob = Object.getOwnPropertyDescriptor(BenchController.prototype, 'onJob');
  EventPattern('bench')(BenchController.prototype, 'onJob', onJob);

  class BenchModule {}
  Module({ controllers: [BenchController] })(BenchModule);
  return BenchModule;
}
