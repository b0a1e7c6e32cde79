import { Controller, Inject } from '@nestjs/common';
import type { LedgerApi } from '@scutwork/ledger';
import { LEDGER } from '../ledger/tokens';
import { FromRequest } from '../routes/from-request';
import { type GivenTo, Route, route } from '../routes/route';
import { metricsQuery } from '../schemas/job-filter';
import { metricsView } from '../schemas/views';

const getMetrics = route({
  method: 'GET',
  path: '/metrics',
  role: 'viewer',
  tag: 'metrics',
  summary: 'What happened by the minute: jobs that came, ran and ended, and how long they ran',
  query: metricsQuery,
  answer: { status: 200, says: 'At most 1,500 steps', schema: metricsView },
  problems: { 400: ['filter_invalid'], 422: ['query_too_broad'] },
});

@Controller()
export class MetricsController {
  constructor(@Inject(LEDGER) private readonly ledger: LedgerApi) {}

  @Route(getMetrics)
  read(@FromRequest() { query }: GivenTo<typeof getMetrics>): Promise<unknown> {
    return this.ledger.metrics(query);
  }
}
