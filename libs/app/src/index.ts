export { readConfig } from './config/read-config';
export type { ApiConfig, AppConfig, JwtConfig, SmtpConfig } from './config/read-config';
export { HealthModule } from './health/health.module';
export { OPEN_TO_ALL, isOpenToAll } from './health/open-to-all';
export { createLogger } from './logging/create-logger';
export { NestLogger } from './logging/nest-logger';
export { startApp } from './start/start-app';
