import { memoryTestWorld } from '../memory-test-world';
import { jobsConformance } from './jobs-conformance';

jobsConformance('jobs on the memory broker', memoryTestWorld);
