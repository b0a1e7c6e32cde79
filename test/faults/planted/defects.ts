import { ackBeforeConfirm } from './ack-before-confirm';
import { capNotHeeded } from './cap-not-heeded';
import { cancelledJobStarts } from './cancelled-job-starts';
import { deliveryLimit } from './delivery-limit';
import { doubleTick } from './double-tick';
import { droppedRetry } from './dropped-retry';
import { mergeRuleBroken } from './merge-rule-broken';
import { missedTick } from './missed-tick';
import { recordLost } from './record-lost';

/** Defects that the oracle must find. */
export const DEFECTS = {
  'ack before confirm': ackBeforeConfirm,
  'a dropped retry': droppedRetry,
  'a record lost': recordLost,
  'a double tick': doubleTick,
  'a missed tick': missedTick,
  'a cap that is not heeded': capNotHeeded,
  'a cancelled job that starts': cancelledJobStarts,
  'a merge rule broken': mergeRuleBroken,
  'delivery limit 5': deliveryLimit,
} as const;
