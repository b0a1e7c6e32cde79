import { DynamicModule, Module } from '@nestjs/common';
import { TICKING, TickerService, type Ticking } from './ticker.service';

@Module({})
export class TickerModule {
  static with(ticking: Ticking): DynamicModule {
    return {
      module: TickerModule,
      providers: [{ provide: TICKING, useValue: ticking }, TickerService],
      exports: [TickerService],
    };
  }
}
