import { brokerConformance } from '../../libs/jobs/src/broker/conformance/broker-conformance';
import { rabbitMqTestWorld } from '../support/rabbitmq-test-world';

brokerConformance('RabbitMQ', rabbitMqTestWorld);
