import { LocalError } from '../local-error';
import { dockerAnswers, dockerEngine } from './docker';
import type { Engine } from './engine';
import { findRabbitMq } from './find';
import { installPackages, type InstallOutcome } from './install';
import { installedEngine } from './installed';
import type { PrivateRabbitMqOptions } from './options';

/** The installed RabbitMQ; else one that is installed now, if that is allowed; else Docker; else an error with the way out. */
export async function chooseEngine(options: PrivateRabbitMqOptions): Promise<Engine> {
  const found = findRabbitMq();
  if (found) return installedEngine(options, found);
  const outcome = options.install ? await installPackages(['rabbitmq-server'], options.onProgress) : undefined;
  const installed = outcome?.kind === 'installed' ? findRabbitMq() : undefined;
  if (installed) return installedEngine(options, installed);
  if (await dockerAnswers()) return dockerEngine(options);
  throw missing(outcome);
}

function missing(outcome: InstallOutcome | undefined): LocalError {
  return new LocalError(
    'RABBITMQ_MISSING',
    `no RabbitMQ: none is installed, and no Docker engine answers${reason(outcome)}`,
    wayOut(),
  );
}

function reason(outcome: InstallOutcome | undefined): string {
  switch (outcome?.kind) {
    case 'not-permitted':
      return ', and apt-get needs root (sudo asks for a password)';
    case 'failed':
      return `, and apt-get failed: ${outcome.said}`;
    case 'no-apt':
    case 'installed':
    case undefined:
      return '';
  }
}

function wayOut(): string {
  const install =
    process.platform === 'darwin'
      ? 'brew install rabbitmq'
      : 'sudo apt-get install rabbitmq-server   (Fedora: sudo dnf install rabbitmq-server)';
  return [
    'type one of these:',
    `  ${install}`,
    '  docker run -d -p 127.0.0.1:5672:5672 rabbitmq:4',
    '  AMQP_URL=amqp://user:password@host:5672 npm start',
  ].join('\n');
}
