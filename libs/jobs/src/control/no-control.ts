import type { Control } from './control-stream';

/** Where nobody steers: in the test kit, for example. */
export const NO_CONTROL: Control = {
  standing: 'absent',
  version: undefined,
  revokes: false,
  isQueuePaused: () => false,
  isTypePaused: () => false,
  shareOf: () => undefined,
  revocationOf: () => undefined,
};
