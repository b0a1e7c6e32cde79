import { Controller, Inject } from '@nestjs/common';
import type { LedgerApi, ScheduleTick } from '@scutwork/ledger';
import { CRON_ENABLED } from '../auth/access.module';
import { LEDGER } from '../ledger/tokens';
import { RequestProblem } from '../problems/problem';
import { FromRequest } from '../routes/from-request';
import { type GivenTo, Route, route } from '../routes/route';
import { cronAnswer, scheduleParams } from '../schemas/schedules';

const ofCron = {
  path: '/cron/:name',
  role: 'operator',
  alsoBy: 'cron',
  tag: 'schedules',
  params: scheduleParams,
} as const;
const summary = 'Decide what of a schedule is due, for an external cron: `Authorization: Bearer $CRON_SECRET`';
const answer = { status: 200, says: 'What ran last; repeating it makes no second job', schema: cronAnswer } as const;
const problems = { 404: ['schedule_not_found'], 409: ['schedule_disabled', 'cron_disabled'] };

const getCron = route({ ...ofCron, method: 'GET', summary, answer, problems });
const postCron = route({ ...ofCron, method: 'POST', summary, answer, problems });

/** For platforms on which no scheduler can stay: something outside calls at the moments of a schedule. */
@Controller()
export class CronController {
  constructor(
    @Inject(LEDGER) private readonly ledger: LedgerApi,
    @Inject(CRON_ENABLED) private readonly enabled: boolean,
  ) {}

  @Route(getCron)
  get(@FromRequest() { params }: GivenTo<typeof getCron>): Promise<ScheduleTick> {
    return this.tick(params.name);
  }

  @Route(postCron)
  post(@FromRequest() { params }: GivenTo<typeof postCron>): Promise<ScheduleTick> {
    return this.tick(params.name);
  }

  private async tick(name: string): Promise<ScheduleTick> {
    if (this.enabled) return this.ledger.tickSchedule(name, 'cron');
    throw new RequestProblem(409, 'cron_disabled', 'The cron trigger is switched off', {
      hint: 'Set CRON_SECRET to a secret text of 16 characters or more, and start the producer again.',
    });
  }
}
