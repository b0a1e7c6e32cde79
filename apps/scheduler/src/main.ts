import '@scutwork/app/node-version';
import { startApp } from '@scutwork/app';
import { buildScheduler } from './build-scheduler';

void startApp({
  name: 'scheduler',
  defaultPort: 3002,
  build: (config, logger) => buildScheduler(config, logger),
});
