import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const programs = join(__dirname, '..', '..', '..', '.cache', 'rabbitmq4', 'bin');

/** From here on the RabbitMQ of this process is the one that `npm run test:rabbitmq4` has made. */
export function useRabbitMq4(): void {
  if (!existsSync(join(programs, 'rabbitmq-server')))
    throw new Error(`no RabbitMQ 4 in ${programs}: npm run test:rabbitmq4 makes it`);
  process.env.PATH = [programs, process.env.PATH].join(delimiter);
}
