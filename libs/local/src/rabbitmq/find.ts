import { accessSync, constants, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Where the programs of an installed RabbitMQ are. */
export interface RabbitMqPrograms {
  server: string;
  ctl: string;
  epmd: string;
  /** PATH for the broker's scripts: they look for `erl` there. */
  path: string;
}

/** Where packages put it that are not on the PATH of an ordinary user. */
const usualFolders = ['/usr/lib/rabbitmq/bin', '/usr/local/sbin', '/opt/homebrew/sbin', '/usr/sbin'];
const erlangFolders = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/usr/lib/erlang/bin', '/bin'];

/** The installed RabbitMQ of this machine, or `undefined`. */
export function findRabbitMq(path = process.env.PATH ?? ''): RabbitMqPrograms | undefined {
  const onPath = path.split(delimiter).filter((folder) => folder !== '');
  const server = [...onPath, ...usualFolders].map(realServer).find((file) => file !== undefined);
  const erl = executableIn([...onPath, ...erlangFolders], 'erl');
  if (!server || !erl) return undefined;
  const ctl = executableIn([dirname(server)], 'rabbitmqctl');
  const epmd = executableIn([dirname(erl), dirname(realpathSync(erl)), ...erlangFolders], 'epmd');
  if (!ctl || !epmd) return undefined;
  return { server, ctl, epmd, path: [dirname(erl), ...onPath, '/usr/bin', '/bin'].join(delimiter) };
}

/**
 * The program itself. Debian's /usr/sbin/rabbitmq-server is a wrapper that changes to the system user and its folders,
 * which a private broker must not do.
 */
function realServer(folder: string): string | undefined {
  const file = executableIn([folder], 'rabbitmq-server');
  if (!file) return undefined;
  const isWrapper = readFileSync(file, 'latin1').includes('/usr/lib/rabbitmq/bin/');
  return isWrapper ? executableIn(['/usr/lib/rabbitmq/bin'], 'rabbitmq-server') : file;
}

function executableIn(folders: string[], name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
