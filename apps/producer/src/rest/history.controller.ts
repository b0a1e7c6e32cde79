import type { Readable } from 'node:stream';
import { Controller, Inject, Res } from '@nestjs/common';
import { EXPORT_CONTENT_TYPE, type LedgerApi, exportJobs } from '@scutwork/ledger';
import { LEDGER } from '../ledger/tokens';
import { FromRequest } from '../routes/from-request';
import { type GivenTo, Route, route } from '../routes/route';
import { historyQuery } from '../schemas/job-filter';
import { begun } from './begun';

interface Reply {
  header(name: string, value: string): Reply;
}

const mediaTypes = Object.values(EXPORT_CONTENT_TYPE).map((type) => type.replace(/;.*/, ''));

const exportHistory = route({
  method: 'GET',
  path: '/history/export',
  role: 'viewer',
  tag: 'history',
  summary: 'Finished jobs as a file, however many',
  query: historyQuery,
  answer: { status: 200, says: 'A stream; one that breaks off is not whole', mediaTypes },
  problems: { 400: ['filter_invalid'] },
});

@Controller()
export class HistoryController {
  constructor(@Inject(LEDGER) private readonly ledger: LedgerApi) {}

  @Route(exportHistory)
  async export(
    @FromRequest() { query }: GivenTo<typeof exportHistory>,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Readable> {
    const { format = 'ndjson', ...filter } = query;
    const batches = await begun(this.ledger.history(filter));
    reply
      .header('content-type', EXPORT_CONTENT_TYPE[format])
      .header('content-disposition', `attachment; filename="jobs.${format}"`);
    return exportJobs(batches, format);
  }
}
