import type { Fault } from './fault';

export const fault: Fault = {
  async strike({ stage }) {
    const { database } = stage.ground;
    await database.kill();
    return { whom: 'the database', heal: () => database.restart() };
  },
};
