import type { Fault } from './fault';

export const fault: Fault = {
  async strike({ stage }) {
    const { broker } = stage.ground;
    await broker.ctl('set_vm_memory_high_watermark', '0.00001');
    return {
      whom: 'all who publish',
      heal: async () => void (await broker.ctl('set_vm_memory_high_watermark', '0.6')),
    };
  },
};
