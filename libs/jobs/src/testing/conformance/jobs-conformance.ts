import { type TestFrame, globalFrame, testPromises } from '../../broker/conformance/promises';
import type { BrokerTestWorld } from '../../broker/conformance/world';
import { crashes } from './crashes';
import { JobsStage } from './jobs-stage';
import { levels } from './levels';
import { outcomes } from './outcomes';
import { waiting } from './waiting';

/**
 * What becomes of jobs on a broker: the client, the worker and the broker's adapter together. Run it after
 * `brokerConformance`, which says more exactly what an adapter does wrong.
 *
 * @param makeWorld called for each test; the test closes what it gets
 * @param frame `describe` and `it` of the test runner. Default: those in the global scope
 * @throws ConfigurationError where there is no test runner
 * @example
 * jobsConformance('my broker', () => myTestWorld());
 */
export function jobsConformance(
  name: string,
  makeWorld: () => Promise<BrokerTestWorld>,
  frame: TestFrame = globalFrame(),
): void {
  testPromises(frame, name, { outcomes, waiting, crashes, levels }, async () => new JobsStage(await makeWorld()));
}
