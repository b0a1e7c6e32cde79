import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DynamicModule, Module } from '@nestjs/common';
import { type AppConfig, HealthModule } from '@scutwork/app';
import { JobsHealthIndicator, JobsModule } from '@scutwork/jobs/nest';
import type { Logger } from 'pino';
import { InfoController, WORKER_NAME } from './info/info.controller';
import { jobs } from './jobs';
import { WelcomeHandler } from './jobs/email/welcome.handler';
import { MailModule } from './mail/mail.module';

@Module({})
export class WorkersModule {
  static with(config: AppConfig, log: Logger): DynamicModule {
    const { amqpUrls: urls, prefix, declare, concurrency, defaults, consumerTimeoutMs } = config;
    const { shutdownDeadlineMs, dataDir, publisherKeys } = config;
    const name = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
    return {
      module: WorkersModule,
      imports: [
        JobsModule.forRoot({
          ...{ urls, prefix, declare, concurrency, defaults, consumerTimeoutMs, shutdownDeadlineMs, log, jobs, name },
          publisherKeys,
          spoolDir: join(dataDir, 'spool'),
          appId: 'workers',
        }),
        HealthModule.for({
          inject: [JobsHealthIndicator],
          checks: (health) => [() => health.broker(), () => health.consumers()],
        }),
        MailModule.for(config),
      ],
      controllers: [InfoController, WelcomeHandler],
      providers: [{ provide: WORKER_NAME, useValue: name }],
    };
  }
}
