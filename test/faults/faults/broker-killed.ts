import { deleteDamaged } from './damaged-queues';
import type { Fault } from './fault';

/** As a crash, or a lost machine that comes back with its disk. */
export const fault: Fault = {
  async strike(scene) {
    const { broker } = scene.stage.ground;
    await broker.kill();
    const heal = async (): Promise<void> => {
      await broker.restart();
      await deleteDamaged(scene);
    };
    return { whom: 'the broker', heal };
  },
};
