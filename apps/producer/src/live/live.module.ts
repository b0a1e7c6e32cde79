import { DynamicModule, Module, OnModuleDestroy } from '@nestjs/common';
import type { LedgerApi } from '@scutwork/ledger';
import type { Logger } from 'pino';
import { LEDGER } from '../ledger/tokens';
import { LiveFeed } from './live-feed';

/** What happens, as it happens. */
@Module({})
export class LiveModule implements OnModuleDestroy {
  constructor(private readonly feed: LiveFeed) {}

  static with(log: Logger): DynamicModule {
    const feed = { provide: LiveFeed, inject: [LEDGER], useFactory: (ledger: LedgerApi) => new LiveFeed(ledger, log) };
    return { module: LiveModule, providers: [feed], exports: [LiveFeed] };
  }

  /** Before the server closes, which waits for every answer to end. */
  async onModuleDestroy(): Promise<void> {
    await this.feed.stop();
  }
}
