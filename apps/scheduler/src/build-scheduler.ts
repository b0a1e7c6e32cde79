import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type AppConfig, NestLogger } from '@scutwork/app';
import type { Schedule } from '@scutwork/jobs';
import type { Logger } from 'pino';
import { schedules } from './schedules';
import { SchedulerModule } from './scheduler.module';

/** @param declared in tests: schedules in place of those in `schedules.ts` */
export async function buildScheduler(
  config: AppConfig,
  logger: Logger,
  declared: Schedule[] = schedules(config.timeZone),
): Promise<NestFastifyApplication> {
  const root = SchedulerModule.with(config, logger, declared);
  const options = { logger: new NestLogger(logger), abortOnError: false };
  return NestFactory.create<NestFastifyApplication>(root, new FastifyAdapter(), options);
}
