import { types } from 'node:util';
import { toJsonText } from './json';
import type { Failure } from './outcome';

const MAX_MESSAGE = 2_000;
const MAX_STACK = 8_000;

/** Whatever was thrown, as it is recorded: bounded, and never failing itself. */
export function describeFailure(thrown: unknown): Failure {
  try {
    return isError(thrown) ? describeError(thrown) : describeThrownValue(thrown);
  } catch {
    // Getters and proxies can throw themselves: that must fail this attempt, not its worker.
    return { name: 'ThrownValue', message: 'What was thrown cannot be read' };
  }
}

/** Test runners and sandboxes have an `Error` of their own, which those of Node's own modules are not instances of. */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

function describeError(error: Error): Failure {
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    name: clip(nameOf(error), 200),
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-conversion -- what is thrown need not keep to its types
    message: clip(String(error.message), MAX_MESSAGE),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: clip(String(code), 200) } : {}),
    ...(error.stack ? { stack: clip(withCauses(error), MAX_STACK) } : {}),
  };
}

function describeThrownValue(value: unknown): Failure {
  return { name: 'ThrownValue', message: clip(describeValue(value), MAX_MESSAGE) };
}

/** The class says more than the `Error` of those that set no name. */
function nameOf(error: Error): string {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-conversion -- what is thrown need not keep to its types
  const name = String(error.name);
  return name === 'Error' ? error.constructor.name || name : name;
}

function withCauses(error: Error): string {
  const lines = [String(error.stack)];
  const seen = new Set<unknown>([error]);
  for (let cause = error.cause; isError(cause) && !seen.has(cause); cause = cause.cause) {
    seen.add(cause);
    lines.push(`Caused by: ${cause.stack ?? cause.message}`);
  }
  return lines.join('\n');
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return toJsonText(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length - most} more characters)`;
}
