import { startApp } from '@scutwork/app';
import { defineSchedule } from '@scutwork/jobs';
import { buildScheduler } from '../../../apps/scheduler/src/build-scheduler';
import { SCHEDULES, Ticked } from '../jobs';
import { plant } from '../planted/plant';
import { leaveWithParent, ready } from './parent';

leaveWithParent();
plant();
const schedules = Object.entries(SCHEDULES).map(([name, every]) =>
  defineSchedule({ name, every, job: Ticked, payload: {} }),
);
void startApp({
  name: 'scheduler',
  defaultPort: 3002,
  build: (config, logger) => buildScheduler(config, logger, schedules),
  work: () => Promise.resolve().then(ready),
});
