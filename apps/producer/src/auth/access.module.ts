import { DynamicModule, Module, OnApplicationShutdown } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { type AppConfig, Secret } from '@scutwork/app';
import { ApiKeys, AuditLog, Database } from '@scutwork/ledger';
import type { Logger } from 'pino';
import { Access } from './access';
import { AccessGuard } from './access.guard';
import { Jwts } from './jwt';
import { KeyRing } from './key-ring';
import { SubmissionsTrail } from './submissions-trail';
import { Throttle } from './throttle';

/** Token: whether an external cron may come. */
export const CRON_ENABLED = Symbol('scutwork.cron-enabled');

/** Who may do what, and who did. */
@Module({})
export class AccessModule implements OnApplicationShutdown {
  constructor(private readonly trail: SubmissionsTrail) {}

  static for(
    { api, cronSecret, metricsToken }: Pick<AppConfig, 'api' | 'cronSecret' | 'metricsToken'>,
    log: Logger,
    token: Secret,
  ): DynamicModule {
    const { jwt, rateLimit } = api;
    const jwts = jwt && new Jwts(jwt);
    const secretOf = (text: string | undefined): Secret | undefined => (text ? new Secret(text) : undefined);
    const others = { cron: secretOf(cronSecret), metrics: secretOf(metricsToken) };
    return {
      module: AccessModule,
      providers: [
        { provide: ApiKeys, inject: [Database], useFactory: (database: Database) => new ApiKeys(database) },
        { provide: AuditLog, inject: [Database], useFactory: (database: Database) => new AuditLog(database) },
        { provide: KeyRing, inject: [ApiKeys], useFactory: (keys: ApiKeys) => new KeyRing(keys) },
        {
          provide: Access,
          inject: [KeyRing],
          useFactory: (ring: KeyRing) => new Access(token, ring, jwts, others),
        },
        { provide: Throttle, useValue: new Throttle(rateLimit) },
        {
          provide: SubmissionsTrail,
          inject: [AuditLog],
          useFactory: (audit: AuditLog) => new SubmissionsTrail(audit, log),
        },
        { provide: CRON_ENABLED, useValue: cronSecret !== undefined },
        { provide: APP_GUARD, useClass: AccessGuard },
      ],
      exports: [CRON_ENABLED, ApiKeys, AuditLog, KeyRing, Access, SubmissionsTrail],
    };
  }

  /** When the last request was answered. */
  async onApplicationShutdown(): Promise<void> {
    await this.trail.flush();
  }
}
