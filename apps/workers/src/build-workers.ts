import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type AppConfig, NestLogger } from '@scutwork/app';
import { connectJobs } from '@scutwork/jobs/nest';
import type { Logger } from 'pino';
import { WorkersModule } from './workers.module';

/** Health over HTTP, and the job handlers as its microservice. */
export async function buildWorkers(config: AppConfig, logger: Logger): Promise<NestFastifyApplication> {
  const root = WorkersModule.with(config, logger);
  const options = { logger: new NestLogger(logger), abortOnError: false };
  const app = await NestFactory.create<NestFastifyApplication>(root, new FastifyAdapter(), options);
  connectJobs(app);
  return app;
}
