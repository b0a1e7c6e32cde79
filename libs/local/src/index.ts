export { LocalError, type LocalErrorCode } from './local-error';
export { acceptsConnections, answersAmqp, freePorts, isPortFree } from './ports';
export { rabbitMqCtl } from './rabbitmq/ctl';
export type { PrivateRabbitMq, PrivateRabbitMqOptions } from './rabbitmq/options';
export { startPrivateRabbitMq } from './rabbitmq/private-rabbitmq';
export { startPrivatePostgres, type PrivatePostgres, type PrivatePostgresOptions } from './postgres/private-postgres';
