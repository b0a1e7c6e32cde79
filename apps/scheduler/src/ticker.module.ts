import { DynamicModule, Module } from '@nestjs/common';
import type { Schedule } from '@scutwork/jobs';
import { SCHEDULES, TickerService } from './ticker.service';

@Module({})
export class TickerModule {
  static with(schedules: Schedule[]): DynamicModule {
    return {
      module: TickerModule,
      providers: [{ provide: SCHEDULES, useValue: schedules }, TickerService],
      exports: [TickerService],
    };
  }
}
