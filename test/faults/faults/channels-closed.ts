import { ackOfUnknownTag } from '../../support/queue-internals';
import type { Fault } from './fault';

/** By the broker, as it does when a client breaks the protocol; the connections stay. */
export const fault: Fault = {
  async strike({ stage, random }) {
    const { names, ground } = stage;
    const queue = random.pick([names.work('work', 'normal'), names.ledger, names.dead('work'), names.suspect('work')]);
    await ground.broker.ctl('eval', ackOfUnknownTag(queue));
    return { whom: `consumers of ${queue.slice(stage.prefix.length + 1)}`, heal: () => undefined };
  },
};
