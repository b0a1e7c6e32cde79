import { Controller, Inject } from '@nestjs/common';
import type { Actor, LedgerApi } from '@scutwork/ledger';
import { Caller } from '../auth/principal';
import { LEDGER } from '../ledger/tokens';
import { FromRequest } from '../routes/from-request';
import { type GivenTo, Route, route } from '../routes/route';
import { bulkBody, bulkParams } from '../schemas/actions';
import { bulkBegun, bulkView } from '../schemas/views';
import { putOffOf } from './put-off';

const tag = 'bulk actions';

const beginBulk = route({
  method: 'POST',
  path: '/jobs/bulk',
  role: 'operator',
  tag,
  summary: 'Begin an action on all jobs that match a filter',
  body: bulkBody,
  answer: bulkBegun,
  problems: { 422: ['filter_invalid', 'query_too_broad'] },
});

const getBulk = route({
  method: 'GET',
  path: '/jobs/bulk/:id',
  role: 'viewer',
  tag,
  summary: 'How far an action on many jobs has come',
  params: bulkParams,
  answer: { status: 200, says: 'The action', schema: bulkView },
  problems: { 404: ['bulk_not_found'] },
});

@Controller()
export class BulkController {
  constructor(@Inject(LEDGER) private readonly ledger: LedgerApi) {}

  @Route(beginBulk)
  begin(@FromRequest() { body }: GivenTo<typeof beginBulk>, @Caller() caller: Actor): Promise<unknown> {
    const { action, filter, payload, priority } = body;
    const to = action === 'reschedule' ? putOffOf(body) : undefined;
    return this.ledger.bulk(action, filter, caller, { payload, priority, to });
  }

  @Route(getBulk)
  get(@FromRequest() { params }: GivenTo<typeof getBulk>): Promise<unknown> {
    return this.ledger.bulkAction(params.id);
  }
}
