import { Settler } from '../../../libs/jobs/src/worker/settle';

/** A delivery is acknowledged at once, and what replaces it may never be confirmed. */
export function ackBeforeConfirm(): void {
  const settle = Settler.prototype.settle;
  Settler.prototype.settle = function (run, outcome) {
    for (const delivery of run.deliveries) {
      delivery.ack();
      delivery.ack = () => undefined;
    }
    settle.call(this, run, outcome);
  };
}
