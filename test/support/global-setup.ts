import type { PrivateRabbitMq } from '../../libs/local/src';
import { startSharedBroker } from './private-broker';

declare global {
  var sharedTestBroker: PrivateRabbitMq | undefined;
}

/** Starts the one broker of the `broker` project: always a private one, never one that was found. */
export default async function setUp(): Promise<void> {
  globalThis.sharedTestBroker = await startSharedBroker();
}
