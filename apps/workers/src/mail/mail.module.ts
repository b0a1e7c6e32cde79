import { join } from 'node:path';
import { DynamicModule, Inject, Module, OnApplicationShutdown } from '@nestjs/common';
import type { AppConfig } from '@scutwork/app';
import { MAILER, Mailer } from './mailer';
import { outboxMailer } from './outbox-mailer';
import { smtpMailer } from './smtp-mailer';

@Module({})
export class MailModule implements OnApplicationShutdown {
  constructor(@Inject(MAILER) private readonly mailer: Mailer) {}

  static for({ smtp, mailFrom, dataDir }: Pick<AppConfig, 'smtp' | 'mailFrom' | 'dataDir'>): DynamicModule {
    const mailer = smtp ? smtpMailer(smtp, mailFrom) : outboxMailer(join(dataDir, 'outbox'), mailFrom);
    return { module: MailModule, providers: [{ provide: MAILER, useValue: mailer }], exports: [MAILER] };
  }

  onApplicationShutdown(): void {
    this.mailer.close();
  }
}
