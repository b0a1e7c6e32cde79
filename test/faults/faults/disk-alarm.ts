import type { Fault } from './fault';

export const fault: Fault = {
  async strike({ stage }) {
    const { broker } = stage.ground;
    await broker.ctl('set_disk_free_limit', '100000GB');
    return { whom: 'all who publish', heal: async () => void (await broker.ctl('set_disk_free_limit', '50MB')) };
  },
};
