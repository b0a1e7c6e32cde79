/**
 * `@scutwork/jobs/testing`: tests of code that adds and runs jobs, without RabbitMQ and without waiting; and the suites
 * that every adapter of a broker must pass.
 */
export { brokerConformance } from '../broker/conformance/broker-conformance';
export type { TestFrame } from '../broker/conformance/promises';
export type { BrokerTestWorld } from '../broker/conformance/world';
export { memoryBroker, memoryWorld } from '../broker/memory/memory-broker';
export type { MemoryBroker, MemoryFaults, MemoryOptions, MemoryWorld, QueueLoad } from '../broker/memory/memory-broker';
export { jobsConformance } from './conformance/jobs-conformance';
export type { EnqueuedJob } from './enqueued';
export type { EnqueuedDetails } from './expect-enqueued';
export { fakeClock } from './fake-clock';
export type { FakeClock } from './fake-clock';
export type { FinishedRun, LogLine } from './finished-runs';
export { runJob } from './run-job';
export type { HandlerRun, RunJobOptions, Said } from './run-job';
export { testJobs } from './test-jobs';
export type { DeepPartial, TestJobs, TestJobsOptions } from './test-jobs';
