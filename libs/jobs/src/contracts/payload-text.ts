import { JobError } from './errors';
import { type JsonText, toJsonText } from './json';

/**
 * The payload as it travels and is kept.
 * @param maxBytes most bytes of JSON
 * @throws JobError `payload_not_json` or `payload_too_large`
 */
export function payloadText(payload: unknown, type: string, maxBytes: number): JsonText {
  let text: JsonText | undefined;
  try {
    text = toJsonText(payload);
  } catch (cause) {
    throw notJson(type, cause);
  }
  if (text === undefined) throw notJson(type, undefined);
  // A character is at least one byte: most payloads are known to be small without counting.
  const bytes = text.length * 3 <= maxBytes ? 0 : Buffer.byteLength(text);
  if (bytes > maxBytes) {
    throw new JobError(
      'payload_too_large',
      `The payload of ${type} has ${bytes} bytes of JSON; ${maxBytes} are the most`,
      {
        field: 'payload',
        hint: 'Store large data elsewhere and put a reference into the payload.',
      },
    );
  }
  return text;
}

function notJson(type: string, cause: unknown): JobError {
  return new JobError('payload_not_json', `The payload of ${type} cannot be written as JSON`, {
    field: 'payload',
    hint: 'Use plain data: no undefined, functions, cycles or bigint.',
    cause,
  });
}
