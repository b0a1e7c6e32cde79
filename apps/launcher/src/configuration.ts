import { isAbsolute, join, resolve } from 'node:path';
import type { Refusal } from './refusal';

type PrivateBroker = 'on' | 'only' | 'off';

export type AppName = 'producer' | 'workers' | 'scheduler';

/** What `npm start` was asked to do. */
export interface Configuration {
  /** The checkout. */
  rootDir: string;
  /** Where everything that must survive a restart lives; default `.scutwork` in the checkout. */
  dataDir: string;
  ports: Record<AppName, number>;
  /** `AMQP_URL` as it was given. */
  amqpUrl: string | undefined;
  /** `DATABASE_URL` as it was given. */
  databaseUrl: string | undefined;
  /**
   * `SCUTWORK_PRIVATE_BROKER`: whether a broker of our own may be started, and installed for that. `on` (the default):
   * when none answers on this machine; `only`: without looking for one; `off`: never.
   */
  privateBroker: PrivateBroker;
}

const portVariables: Record<AppName, { variable: string; byDefault: number }> = {
  producer: { variable: 'PORT', byDefault: 3000 },
  workers: { variable: 'WORKERS_PORT', byDefault: 3001 },
  scheduler: { variable: 'SCHEDULER_PORT', byDefault: 3002 },
};

/** The variable that sets this app's port. */
export function portVariable(app: AppName): string {
  return portVariables[app].variable;
}

/** Reads the whole environment and names every mistake in it, not only the first. */
export function readConfiguration(
  env: NodeJS.ProcessEnv,
  rootDir: string,
): { configuration: Configuration; mistakes: Refusal[] } {
  const mistakes: Refusal[] = [];
  const given = (name: string) => textOf(env[name]);
  const port = (app: AppName) => readPort(given(portVariables[app].variable), app, mistakes);
  const dataDir = given('SCUTWORK_DATA_DIR') ?? '.scutwork';
  const configuration: Configuration = {
    rootDir,
    dataDir: isAbsolute(dataDir) ? resolve(dataDir) : join(rootDir, dataDir),
    ports: { producer: port('producer'), workers: port('workers'), scheduler: port('scheduler') },
    amqpUrl: given('AMQP_URL'),
    databaseUrl: given('DATABASE_URL'),
    privateBroker: readPrivateBroker(given('SCUTWORK_PRIVATE_BROKER'), mistakes),
  };
  mistakes.push(
    ...wrongUrls('AMQP_URL', configuration.amqpUrl?.split(','), ['amqp:', 'amqps:'], 'amqp://user:password@host:5672'),
    ...wrongUrls(
      'DATABASE_URL',
      list(configuration.databaseUrl),
      ['postgres:', 'postgresql:'],
      'postgresql://user:password@host:5432/name',
    ),
    ...sharedPorts(configuration.ports),
  );
  return { configuration, mistakes };
}

/** A variable that is set to nothing is not set. */
function textOf(value: string | undefined): string | undefined {
  const text = value?.trim();
  return text === '' ? undefined : text;
}

function readPort(text: string | undefined, app: AppName, mistakes: Refusal[]): number {
  const { variable, byDefault } = portVariables[app];
  if (text === undefined) return byDefault;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  const hint = `set a whole number from 1 to 65535, such as ${byDefault}`;
  mistakes.push(invalid(variable, `"${text}" is not a port`, hint));
  return byDefault;
}

function readPrivateBroker(text: string | undefined, mistakes: Refusal[]): PrivateBroker {
  const choices: PrivateBroker[] = ['on', 'only', 'off'];
  const chosen = choices.find((choice) => choice === (text ?? 'on'));
  if (!chosen) mistakes.push(invalid('SCUTWORK_PRIVATE_BROKER', `"${text}" is unknown`, `set ${choices.join(', ')}`));
  return chosen ?? 'off';
}

/** Names the scheme alone: the rest of an address holds a password. */
function wrongUrls(variable: string, urls: string[] | undefined, schemes: string[], example: string): Refusal[] {
  return (urls ?? []).flatMap((text) => {
    const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
    if (url && schemes.includes(url.protocol) && url.hostname !== '') return [];
    const problem = url ? `the scheme "${url.protocol}//" is not one of ${schemes.join(', ')}` : 'not an address';
    return [invalid(variable, problem, `set an address such as ${example}`)];
  });
}

function sharedPorts(ports: Record<AppName, number>): Refusal[] {
  const apps = Object.keys(portVariables) as AppName[];
  return apps.flatMap((app, index) => {
    const other = apps.slice(0, index).find((earlier) => ports[earlier] === ports[app]);
    if (!other) return [];
    const problem = `${ports[app]} is also the port of ${other} (${portVariable(other)})`;
    return [invalid(portVariable(app), problem, 'set another port')];
  });
}

function invalid(variable: string, problem: string, hint: string): Refusal {
  return { code: 'CONFIGURATION_INVALID', problem: `${variable}: ${problem}`, hint };
}

function list(text: string | undefined): string[] | undefined {
  return text === undefined ? undefined : [text];
}
