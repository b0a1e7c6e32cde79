import helmet from '@fastify/helmet';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type AppConfig, NestLogger } from '@scutwork/app';
import type { Logger } from 'pino';
import { readAdminToken } from './auth/admin-token';
import { ProblemFilter } from './problems/problem.filter';
import { ProducerModule } from './producer.module';
import { BODY_LIMIT_BYTES } from './rest/limits';

/** The REST API. It starts and answers also while the broker is away. */
export async function buildProducer(config: AppConfig, logger: Logger): Promise<NestFastifyApplication> {
  const token = await readAdminToken(config.dataDir);
  const root = ProducerModule.with(config, logger, token);
  const adapter = new FastifyAdapter({ bodyLimit: BODY_LIMIT_BYTES });
  // Nest's parser would take forms as well.
  const options = { logger: new NestLogger(logger), abortOnError: false, bodyParser: false };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, options);
  app.getHttpAdapter().getInstance().removeContentTypeParser('text/plain');
  await app.register(helmet);
  app.useGlobalFilters(new ProblemFilter(logger));
  return app;
}
