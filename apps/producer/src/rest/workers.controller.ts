import { Controller, Inject } from '@nestjs/common';
import type { LedgerApi } from '@scutwork/ledger';
import { LEDGER } from '../ledger/tokens';
import { Route, route } from '../routes/route';
import { listOf, workerView } from '../schemas/views';

const listWorkers = route({
  method: 'GET',
  path: '/workers',
  role: 'viewer',
  tag: 'workers',
  summary: 'Workers by their heartbeats',
  answer: { status: 200, says: 'Those that live, and those that have gone of late', schema: listOf(workerView) },
});

@Controller()
export class WorkersController {
  constructor(@Inject(LEDGER) private readonly ledger: LedgerApi) {}

  @Route(listWorkers)
  async list(): Promise<unknown> {
    return { items: await this.ledger.workers() };
  }
}
