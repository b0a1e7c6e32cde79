import { startApp } from '@scutwork/app';
import { defineSchedule } from '@scutwork/jobs';
import { buildScheduler } from '../../../apps/scheduler/src/build-scheduler';
import { SCHEDULES, Ticked } from '../jobs';
import { plant } from '../planted/plant';
import { leaveWithParent, ready } from './parent';

leaveWithParent();
plant();
/** As far back as a schedule may be made up for: more than any campaign lasts. */
const MOST_MADE_UP_FOR = 10_000;
const schedules = Object.entries(SCHEDULES).map(([name, { everyMs, graceMs, takesMs, catchUp, overlap }]) =>
  defineSchedule({
    ...{ name, every: everyMs, start: new Date(0), grace: graceMs, catchUp, catchUpLimit: MOST_MADE_UP_FOR, overlap },
    ...{ job: Ticked, payload: { takesMs } },
  }),
);
void startApp({
  name: 'scheduler',
  defaultPort: 3002,
  build: (config, logger) => buildScheduler(config, logger, schedules),
  work: () => Promise.resolve().then(ready),
});
