import helmet from '@fastify/helmet';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type AppConfig, NestLogger } from '@scutwork/app';
import type { Logger } from 'pino';
import { readAdminToken } from './auth/admin-token';
import { refuseUnroutable } from './http/refuse-unroutable';
import { takeJson } from './http/take-json';
import { ProblemFilter } from './problems/problem.filter';
import { ProducerModule } from './producer.module';
import { RouteTable } from './routes/route-table';
import { BODY_LIMIT_BYTES, PATH_PART_LIMIT } from './schemas/limits';

/** The REST API. It starts and answers also while the broker or the database is away. */
export async function buildProducer(config: AppConfig, logger: Logger): Promise<NestFastifyApplication> {
  const token = await readAdminToken(config.dataDir);
  const root = ProducerModule.with(config, logger, token);
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: PATH_PART_LIMIT },
    frameworkErrors: refuseUnroutable,
  });
  // Nest's parser would take forms as well.
  const options = { logger: new NestLogger(logger), abortOnError: false, bodyParser: false };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, options);
  takeJson(app.getHttpAdapter().getInstance());
  await app.register(helmet);
  const { corsOrigins } = config.api;
  if (corsOrigins.length > 0) app.enableCors({ origin: corsOrigins, exposedHeaders: ['retry-after'] });
  app.useGlobalFilters(new ProblemFilter(logger, app.get(RouteTable, { strict: false })));
  return app;
}
