import { Welcome } from '@scutwork/workers/jobs';
import { openWorkerOf } from './worker.mjs';

/** Works the jobs of a real producer, without sending anything. */
export function openWorker(setting, handle) {
  return openWorkerOf(Welcome, setting, (payload, attempt) => {
    handle(payload, attempt);
    return { messageId: `<${payload.name}@example.org>`, accepted: [payload.to] };
  });
}
