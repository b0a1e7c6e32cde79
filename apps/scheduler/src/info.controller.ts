import { Controller, Get } from '@nestjs/common';
import { TickerService } from './ticker.service';

/** What this process ticks, for whoever started it. */
@Controller('info')
export class InfoController {
  constructor(private readonly ticker: TickerService) {}

  @Get()
  info(): unknown {
    return { schedules: this.ticker.schedules() };
  }
}
