export { LocalError, type LocalErrorCode } from './local-error';
export { acceptsConnections, answersAmqp, freePorts, isPortFree } from './ports';
export type { PrivateRabbitMq, PrivateRabbitMqOptions } from './rabbitmq/options';
export { startPrivateRabbitMq } from './rabbitmq/private-rabbitmq';
