import type { FaultName } from '../plan/fault-names';
import { fault as brokerKilled } from './broker-killed';
import { fault as brokerRestarted } from './broker-restarted';
import { fault as channelsClosed } from './channels-closed';
import { fault as connectionsCut } from './connections-cut';
import { fault as connectionsDelayed } from './connections-delayed';
import { fault as connectionsHalfOpen } from './connections-half-open';
import { fault as connectionsThrottled } from './connections-throttled';
import { fault as consumerTimeout } from './consumer-timeout';
import { fault as databaseFull } from './database-full';
import { fault as databaseHalfOpen } from './database-half-open';
import { fault as databaseKilled } from './database-killed';
import { fault as databaseOutOfConnections } from './database-out-of-connections';
import { fault as databaseReadOnly } from './database-read-only';
import { fault as databaseSlow } from './database-slow';
import { fault as diskAlarm } from './disk-alarm';
import { fault as eventsQueueFull } from './events-queue-full';
import { fault as leaderKilled } from './leader-killed';
import { fault as memoryAlarm } from './memory-alarm';
import { fault as nodeKilled } from './node-killed';
import { fault as nodePartitioned } from './node-partitioned';
import { fault as nodesRolled } from './nodes-rolled';
import { fault as producerKilled } from './producer-killed';
import { fault as producerStopped } from './producer-stopped';
import { fault as producerTerminated } from './producer-terminated';
import { fault as queueDeleted } from './queue-deleted';
import { fault as queuePurged } from './queue-purged';
import { fault as schedulerKilled } from './scheduler-killed';
import { fault as schedulerStopped } from './scheduler-stopped';
import { fault as schedulerTerminated } from './scheduler-terminated';
import { fault as twoAtOnce } from './two-at-once';
import { fault as workerKilled } from './worker-killed';
import { fault as workerStopped } from './worker-stopped';
import { fault as workerTerminated } from './worker-terminated';
import type { Fault } from './fault';

/** What each name of a plan stands for. */
export const faultOf: Record<FaultName, Fault> = {
  'broker-killed': brokerKilled,
  'broker-restarted': brokerRestarted,
  'memory-alarm': memoryAlarm,
  'disk-alarm': diskAlarm,
  'connections-cut': connectionsCut,
  'connections-delayed': connectionsDelayed,
  'connections-throttled': connectionsThrottled,
  'connections-half-open': connectionsHalfOpen,
  'channels-closed': channelsClosed,
  'consumer-timeout': consumerTimeout,
  'queue-deleted': queueDeleted,
  'queue-purged': queuePurged,
  'events-queue-full': eventsQueueFull,
  'two-at-once': twoAtOnce,
  'node-killed': nodeKilled,
  'leader-killed': leaderKilled,
  'node-partitioned': nodePartitioned,
  'nodes-rolled': nodesRolled,
  'worker-killed': workerKilled,
  'worker-terminated': workerTerminated,
  'worker-stopped': workerStopped,
  'producer-killed': producerKilled,
  'producer-terminated': producerTerminated,
  'producer-stopped': producerStopped,
  'scheduler-killed': schedulerKilled,
  'scheduler-terminated': schedulerTerminated,
  'scheduler-stopped': schedulerStopped,
  'database-killed': databaseKilled,
  'database-out-of-connections': databaseOutOfConnections,
  'database-slow': databaseSlow,
  'database-read-only': databaseReadOnly,
  'database-full': databaseFull,
  'database-half-open': databaseHalfOpen,
};
