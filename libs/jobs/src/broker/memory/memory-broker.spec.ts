import { memoryTestWorld } from '../../testing/memory-test-world';
import { brokerConformance } from '../conformance/broker-conformance';

brokerConformance('memory broker', memoryTestWorld);
