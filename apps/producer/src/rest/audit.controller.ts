import { Controller } from '@nestjs/common';
import { type Actor, AuditLog } from '@scutwork/ledger';
import { Caller } from '../auth/principal';
import { RequestProblem } from '../problems/problem';
import { FromRequest } from '../routes/from-request';
import { type GivenTo, Route, route } from '../routes/route';
import { auditEntry, auditQuery, callerView } from '../schemas/access';
import { pageOf } from '../schemas/views';

const DEFAULT_PAGE = 50;

const listAudit = route({
  method: 'GET',
  path: '/audit',
  role: 'admin',
  tag: 'access',
  summary: 'Who did what',
  query: auditQuery,
  answer: { status: 200, says: 'A page of entries, the newest first', schema: pageOf(auditEntry) },
  problems: { 400: ['cursor_invalid'] },
});

const whoAmI = route({
  method: 'GET',
  path: '/me',
  role: 'viewer',
  tag: 'access',
  summary: 'Who the token or key says that you are',
  answer: { status: 200, says: 'Name and role', schema: callerView },
});

@Controller()
export class AuditController {
  constructor(private readonly audit: AuditLog) {}

  @Route(listAudit)
  async list(@FromRequest() { query }: GivenTo<typeof listAudit>): Promise<unknown> {
    const { limit = DEFAULT_PAGE, cursor, ...filter } = query;
    const items = await this.audit.list({ ...filter, limit, before: placeOf(cursor) });
    const last = items.length === limit ? items.at(-1) : undefined;
    return { items, cursor: last && String(last.seq) };
  }

  @Route(whoAmI)
  me(@Caller() { name, role }: Actor): unknown {
    return { name, role };
  }
}

function placeOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new RequestProblem(400, 'cursor_invalid', 'This cursor was not given out by this list', {
    field: 'cursor',
    hint: 'Take the cursor of the page before, or none for the first page.',
  });
}
