import type { Fault } from './fault';

export const fault: Fault = {
  async strike({ stage }) {
    const set = async (limit: string): Promise<void> => {
      await stage.ground.broker.ctl('set_vm_memory_high_watermark', limit);
    };
    await set('0.00001');
    return { whom: 'all who publish', heal: () => set('0.6') };
  },
};
