import type { GroundBroker } from './ground';

/** As the broker says it of itself. */
export async function brokerVersion(broker: GroundBroker): Promise<string> {
  const said = await broker.ctl('eval', 'rabbit_misc:version().');
  return said.trim().replaceAll('"', '');
}
