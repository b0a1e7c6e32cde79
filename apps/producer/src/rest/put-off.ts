/** To when a body puts jobs off: it has one of the two, as its schema says. */
export function putOffOf({ delay = 0, at }: { delay?: number | string; at?: string }) {
  return at === undefined ? { delay } : { at };
}
