import { jobsConformance } from '../../libs/jobs/src/testing/conformance/jobs-conformance';
import { rabbitMqTestWorld } from '../support/rabbitmq-test-world';

jobsConformance('jobs on RabbitMQ', rabbitMqTestWorld);
