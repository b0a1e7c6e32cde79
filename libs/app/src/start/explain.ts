import { ConfigurationError, ScutworkError } from '@scutwork/jobs';
import type { AppConfig } from '../config/read-config';

/** sysexits' EX_CONFIG: another try would end the same way. */
const CONFIGURATION_EXIT = 78;

export interface StartFailure {
  text: string;
  exitCode: number;
}

/** Why an app does not start, what is at fault and what to do, in place of a stack. */
export function explainStart(
  app: string,
  error: unknown,
  config?: Pick<AppConfig, 'host' | 'port' | 'logLevel'>,
): StartFailure {
  const { message, field, hint } = known(error, config);
  const lines = [
    `${app} cannot start: ${message}`,
    ...(field ? [`  at fault: ${field}`] : []),
    ...(hint ? [`  next step: ${hint}`] : []),
    ...(config?.logLevel === 'debug' && error instanceof Error ? [error.stack ?? ''] : []),
  ];
  return { text: lines.join('\n'), exitCode: error instanceof ConfigurationError ? CONFIGURATION_EXIT : 1 };
}

interface Explanation {
  message: string;
  field?: string;
  hint?: string;
}

function known(error: unknown, config?: { host: string; port: number }): Explanation {
  if (error instanceof ScutworkError) return error;
  if (!(error instanceof Error)) return { message: String(error) };
  const code: unknown = 'code' in error ? error.code : undefined;
  if (config && code === 'EADDRINUSE') {
    return {
      message: `the port ${config.port} of ${config.host} is taken`,
      field: 'PORT',
      hint: `Stop what listens there, or set PORT to another port.`,
    };
  }
  if (config && (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')) {
    return {
      message: `${config.host} is no address of this machine`,
      field: 'HOST',
      hint: 'Set HOST to 127.0.0.1 or 0.0.0.0.',
    };
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const place = 'path' in error && typeof error.path === 'string' ? error.path : undefined;
    if (place !== undefined) {
      return {
        message: `${place} cannot be written`,
        field: 'SCUTWORK_DATA_DIR',
        hint: 'Set it to a folder that this user may write to.',
      };
    }
    return {
      message: `this user may not listen on port ${config?.port}`,
      field: 'PORT',
      hint: 'Use a port of 1024 or above.',
    };
  }
  return { message: error.message, hint: 'Set LOG_LEVEL=debug to see where it comes from.' };
}
