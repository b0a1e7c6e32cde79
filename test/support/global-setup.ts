import type { PrivatePostgres, PrivateRabbitMq } from '../../libs/local/src';
import { startSharedPostgres } from './database';
import { startSharedBroker } from './private-broker';

declare global {
  var sharedTestBroker: PrivateRabbitMq | undefined;
  var sharedTestPostgres: PrivatePostgres | undefined;
}

/** Starts the one broker and the one database server of the `broker` project: always private ones, never found ones. */
export default async function setUp(): Promise<void> {
  [globalThis.sharedTestBroker, globalThis.sharedTestPostgres] = await Promise.all([
    startSharedBroker(),
    startSharedPostgres(),
  ]);
}
