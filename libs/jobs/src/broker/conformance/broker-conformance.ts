import { applying } from './applying';
import { consuming } from './consuming';
import { delays } from './delays';
import { losses } from './losses';
import { type TestFrame, globalFrame, testPromises } from './promises';
import { publishing } from './publishing';
import { replies } from './replies';
import { routing } from './routing';
import { settling } from './settling';
import { streams } from './streams';
import type { BrokerTestWorld } from './world';

/**
 * Everything this library relies on in a broker, as tests. An adapter that passes them can run its jobs.
 *
 * @param makeWorld called for each test; the test closes what it gets
 * @param frame `describe` and `it` of the test runner. Default: those in the global scope
 * @throws ConfigurationError where there is no test runner
 * @example
 * brokerConformance('my broker', () => myTestWorld());
 */
export function brokerConformance(
  name: string,
  makeWorld: () => Promise<BrokerTestWorld>,
  frame: TestFrame = globalFrame(),
): void {
  testPromises(
    frame,
    name,
    { applying, routing, publishing, consuming, settling, losses, delays, streams, replies },
    makeWorld,
  );
}
