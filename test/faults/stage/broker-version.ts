import type { PrivateRabbitMq } from '../../../libs/local/src';

/** As the broker says it of itself. */
export async function brokerVersion(broker: PrivateRabbitMq): Promise<string> {
  const said = await broker.ctl('eval', 'rabbit_misc:version().');
  return said.trim().replaceAll('"', '');
}
