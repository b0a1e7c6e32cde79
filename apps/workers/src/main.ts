import '@scutwork/app/node-version';
import { startApp } from '@scutwork/app';
import { buildWorkers } from './build-workers';

void startApp({
  name: 'workers',
  defaultPort: 3001,
  build: buildWorkers,
  work: (app) => app.startAllMicroservices(),
});
