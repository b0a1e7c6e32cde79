import { queueOf } from '@scutwork/jobs';
import type { Finding } from '../finding';
import type { Known, Start } from '../known';

/** While a pause was in force at every worker, no job of the queue was started. */
export function pauses({ pauses: paused, runs }: Known): Finding[] {
  return runs
    .filter((line): line is Start => line.said === 'start')
    .flatMap((start) => {
      const pause = paused.find(
        ({ queue, fromMs, toMs }) => queueOf(start.type) === queue && start.at > fromMs && start.at < toMs,
      );
      if (!pause) return [];
      const says = `was started by ${start.worker} ${start.at - pause.fromMs} ms after the pause of "${pause.queue}" was in force`;
      return [{ verdict: 'wrong', rule: 'pause', id: start.id, says } as const];
    });
}
