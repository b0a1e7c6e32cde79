import type { Fault } from './fault';

/** No byte is left on its disk: it refuses, or falls and cannot come up. */
export const fault: Fault = {
  impossible: ({ ground }) => (ground.disk ? undefined : 'its disk cannot be filled: mounting one needs root'),
  strike({ stage }) {
    const { disk, database } = stage.ground;
    disk?.fill();
    return {
      whom: 'the database',
      heal: async () => {
        disk?.widen();
        if (!database.isRunning()) await database.restart();
      },
    };
  },
};
