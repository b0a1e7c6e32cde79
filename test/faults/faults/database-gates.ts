import type { TcpGate } from '../../support/tcp-gate';
import type { Stage } from '../stage/stage';

export const databaseGates = (stage: Stage): TcpGate[] => stage.slots.flatMap(({ options }) => options.database ?? []);
