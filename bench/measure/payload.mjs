const PAYLOAD_BYTES = 200;
const FIRST_NUMBER = 10_000_000; // eight digits from the first job to the last, so every payload has the same length

const padding = { unstamped: paddingBeside(0), stamped: paddingBeside(microseconds(1e9)) };

/** The payload of job `number`: 200 bytes of JSON. `sentAtMs` is the instant of publishing where the suite measures latency. */
export function payload(number, sentAtMs) {
  const at = sentAtMs === undefined ? 0 : microseconds(sentAtMs);
  return { number: FIRST_NUMBER + number, at, text: at === 0 ? padding.unstamped : padding.stamped };
}

/** The instant a payload was published, in milliseconds of the monotonic clock. */
export function sentAtMs(body) {
  return (body.at - 1e15) / 1000;
}

function microseconds(ms) {
  return 1e15 + Math.round(ms * 1000); // sixteen digits whatever the uptime
}

function paddingBeside(at) {
  return 'x'.repeat(PAYLOAD_BYTES - JSON.stringify({ number: FIRST_NUMBER, at, text: '' }).length);
}
