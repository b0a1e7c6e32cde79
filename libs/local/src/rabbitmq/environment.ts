import { join } from 'node:path';
import type { RabbitMqPrograms } from './find';
import type { Settings } from './settings';

/**
 * The whole environment of the broker and its tools. Nothing else is passed on: a `RABBITMQ_*` or `ERL_*` of the user's
 * own would bend the private broker, and the broker has no business with our secrets.
 */
export function brokerEnvironment(
  dataDir: string,
  programs: RabbitMqPrograms,
  settings: Settings,
  schedulers: number | 'all',
): NodeJS.ProcessEnv {
  // The distribution (rabbitmqctl's way in) listens on every interface unless told otherwise.
  const loopbackOnly = '-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false';
  const quietCores = '+sbwt none +sbwtdcpu none +sbwtdio none';
  const cores = schedulers === 'all' ? '' : `+S ${schedulers}:${schedulers}`;
  return {
    PATH: programs.path,
    HOME: join(dataDir, 'home'),
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    ...(process.env.TMPDIR ? { TMPDIR: process.env.TMPDIR } : {}),
    ERL_EPMD_PORT: String(settings.epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: settings.nodeName,
    RABBITMQ_DIST_PORT: String(settings.distributionPort),
    RABBITMQ_CONFIG_FILE: join(dataDir, 'rabbitmq.conf'),
    RABBITMQ_CONFIG_FILES: join(dataDir, 'conf.d'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(dataDir, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dataDir, 'enabled_plugins'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_MNESIA_BASE: join(dataDir, 'data'),
    RABBITMQ_LOG_BASE: join(dataDir, 'log'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `${cores} ${quietCores} ${loopbackOnly}`,
    RABBITMQ_CTL_ERL_ARGS: `+S 1:1 ${loopbackOnly}`,
    // Makes the script replace itself by the broker, so that the process we started is the one we signal.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
}
