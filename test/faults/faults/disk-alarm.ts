import type { Fault } from './fault';

export const fault: Fault = {
  async strike({ stage }) {
    const set = async (limit: string): Promise<void> => {
      await stage.ground.broker.ctl('set_disk_free_limit', limit);
    };
    await set('100000GB');
    return { whom: 'all who publish', heal: () => set('50MB') };
  },
};
