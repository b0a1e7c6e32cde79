import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CanActivate, ExecutionContext, Inject, Injectable, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { AppConfig } from '../config/read-config';
import { bearerIn } from './bearer';
import { isForReaders } from './for-readers';
import { Secret } from './secret';

export type ReadersConfig = Pick<AppConfig, 'metricsToken' | 'dataDir'>;

/** Token of what the guard must know of the configuration. */
export const READERS_CONFIG = Symbol('readers-config');

/** What of Fastify's is needed here. */
interface Request {
  headers: { authorization?: string };
}
interface Reply {
  header(name: string, value: string): unknown;
}

/**
 * Lets through to `@ForReaders()` who shows `METRICS_TOKEN`, or the admin's token of the data folder. For apps that have
 * no API, and know no keys.
 */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(
    @Inject(READERS_CONFIG) private readonly config: ReadersConfig,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (!isForReaders(this.reflector, context)) return true;
    const http = context.switchToHttp();
    const shown = bearerIn(http.getRequest<Request>().headers.authorization);
    if (shown !== undefined && (await this.secrets()).some((secret) => secret.is(shown))) return true;
    http.getResponse<Reply>().header('www-authenticate', 'Bearer realm="scutwork"');
    throw new UnauthorizedException("This needs METRICS_TOKEN, or the admin's token, as Authorization: Bearer");
  }

  /** The file is read each time: the producer makes it, maybe later. */
  private async secrets(): Promise<Secret[]> {
    const { metricsToken, dataDir } = this.config;
    const admin = await readIfThere(join(dataDir, 'admin.token'));
    return [metricsToken, admin].flatMap((text) => (text ? [new Secret(text)] : []));
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
