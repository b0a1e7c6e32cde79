/** Strings this short are copied letter by letter, as long as they are ASCII: a call into the runtime costs more. */
const SHORT = 48;

/**
 * Writes a text as AMQP's `shortstr`: its length in one byte, then UTF-8. There must be room for 1 + 3 × its length.
 * @returns the place behind it
 * @throws RangeError when it is longer than 255 bytes
 */
export function writeShortText(into: Buffer, at: number, text: string, what: string): number {
  const end = writeText(into, at + 1, text);
  const bytes = end - at - 1;
  if (bytes > 255) throw new RangeError(`${what} has ${bytes} bytes; AMQP takes at most 255`);
  into[at] = bytes;
  return end;
}

/** Writes a text as AMQP's `longstr`: its length in four bytes, then UTF-8. There must be room for 4 + 3 × its length. */
export function writeLongText(into: Buffer, at: number, text: string): number {
  const end = writeText(into, at + 4, text);
  writeUint32(into, at, end - at - 4);
  return end;
}

export function writeUint16(into: Buffer, at: number, value: number): void {
  into[at] = value >>> 8;
  into[at + 1] = value;
}

export function writeUint32(into: Buffer, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}

function writeText(into: Buffer, at: number, text: string): number {
  const { length } = text;
  if (length > SHORT) return at + into.write(text, at, 'utf8');
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 127) return at + into.write(text, at, 'utf8');
    into[at + index] = code;
  }
  return at + length;
}
