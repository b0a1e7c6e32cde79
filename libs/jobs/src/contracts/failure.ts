import type { Failure } from './outcome';

const MAX_MESSAGE = 2_000;
const MAX_STACK = 8_000;

/** Whatever was thrown, as it is recorded: bounded, and never failing itself. */
export function describeFailure(thrown: unknown): Failure {
  if (thrown instanceof Error) {
    const code: unknown = 'code' in thrown ? thrown.code : undefined;
    return {
      name: clip(thrown.name, 200),
      message: clip(thrown.message, MAX_MESSAGE),
      ...(typeof code === 'string' || typeof code === 'number' ? { code: clip(String(code), 200) } : {}),
      ...(thrown.stack ? { stack: clip(withCauses(thrown), MAX_STACK) } : {}),
    };
  }
  return { name: 'ThrownValue', message: clip(describeValue(thrown), MAX_MESSAGE) };
}

function withCauses(error: Error): string {
  const lines = [error.stack ?? ''];
  const seen = new Set<unknown>([error]);
  for (let cause = error.cause; cause instanceof Error && !seen.has(cause); cause = cause.cause) {
    seen.add(cause);
    lines.push(`Caused by: ${cause.stack ?? cause.message}`);
  }
  return lines.join('\n');
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length - most} more characters)`;
}
