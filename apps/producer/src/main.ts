import '@scutwork/app/node-version';
import { startApp } from '@scutwork/app';
import { buildProducer } from './build-producer';

void startApp({ name: 'producer', defaultPort: 3000, build: buildProducer });
