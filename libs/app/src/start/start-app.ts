import 'reflect-metadata';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { type AppConfig, readConfig } from '../config/read-config';
import { createLogger } from '../logging/create-logger';
import { explainStart } from './explain';

export interface AppToStart {
  /** As it is called in logs and messages. */
  name: string;
  /** Where `PORT` says nothing. */
  defaultPort: number;
  build: (config: AppConfig, logger: Logger) => Promise<NestFastifyApplication>;
  /** What runs beside HTTP, and may wait for the broker. Begun when the app is initialised. */
  work?: (app: NestFastifyApplication) => Promise<unknown>;
}

/**
 * Starts an app and ends it in order on SIGTERM and SIGINT. What keeps it from starting is said in a few words, with
 * what is at fault and the next step, and ends the process.
 */
export async function startApp({ name, defaultPort, build, work }: AppToStart): Promise<void> {
  let config: AppConfig | undefined;
  try {
    config = readConfig({ defaultPort });
    const logger = createLogger(name, config.logLevel);
    for (const warning of config.warnings) logger.warn(warning);
    const app = await build(config, logger);
    app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
    await app.init();
    const working = work?.(app);
    // Awaited below: HTTP must tell of its health while it waits.
    working?.catch(() => undefined);
    await app.listen(config.port, config.host);
    logger.info({ host: config.host, port: config.port }, `${name} listens on http://${config.host}:${config.port}`);
    await working;
  } catch (error) {
    const { text, exitCode } = explainStart(name, error, config);
    process.stderr.write(`${text}\n`);
    process.exit(exitCode);
  }
}
