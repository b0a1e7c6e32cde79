import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import { readConfig, type AppConfig } from '../../libs/app/src';
import { sharedBroker } from './private-broker';

/** A folder and names of a spec's own, for the apps it runs. */
export interface AppTestHome {
  dataDir: string;
  /** Configuration as the environment gives it, on the shared broker under a prefix of its own. */
  config(env?: NodeJS.ProcessEnv): AppConfig;
  /** The same as variables, for processes. */
  env(env?: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
  remove(): void;
}

export function appTestHome(own: NodeJS.ProcessEnv = {}): AppTestHome {
  const dataDir = mkdtempSync(join(tmpdir(), 'scutwork-app-'));
  const prefix = `t${randomBytes(5).toString('hex')}`;
  const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    AMQP_URL: sharedBroker().url,
    SCUTWORK_PREFIX: prefix,
    SCUTWORK_DATA_DIR: dataDir,
    JOB_RETRY_DELAY: '100',
    ...own,
    ...more,
  });
  return {
    dataDir,
    env,
    config: (more) => ({ ...readConfig({ defaultPort: 3000 }, env(more)), port: 0 }),
    remove: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}

/** Log lines as objects. */
export function keptLog(): { logger: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return { logger: pino({ level: 'debug' }, { write }), lines };
}
