import { startApp } from '@scutwork/app';
import type { AnyJob } from '@scutwork/jobs';
import { jobs } from '@scutwork/workers/jobs';
import { buildProducer } from '../../../apps/producer/src/build-producer';
import { campaignJobs } from '../jobs';
import { plant } from '../planted/plant';
import { leaveWithParent, ready } from './parent';

leaveWithParent();
plant();
// The producer knows the job types of its installation; here they are those of the campaign as well.
(jobs as unknown as AnyJob[]).push(...campaignJobs);
void startApp({ name: 'producer', defaultPort: 3000, build: buildProducer, work: () => Promise.resolve().then(ready) });
