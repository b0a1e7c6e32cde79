/** Milliseconds on the machine's monotonic clock: the same clock in every process, so two processes may be compared. */
export function nowMs() {
  return Number(process.hrtime.bigint()) / 1e6;
}
