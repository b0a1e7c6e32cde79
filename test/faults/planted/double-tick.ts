import { JobsClient } from '@scutwork/jobs';

/** Each scheduler gives the job of a tick an id of its own. */
export function doubleTick(): void {
  const addNamed = JobsClient.prototype.addNamed;
  JobsClient.prototype.addNamed = function (type, payload, options, provenance) {
    const id = options?.id === undefined ? undefined : `${options.id}:${process.pid}`;
    return addNamed.call(this, type, payload, { ...options, id }, provenance);
  };
}
