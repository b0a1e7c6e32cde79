/** What a stock Nest `ClientProxy` sends: `{ pattern, data }`, with `id` when it wants a reply. */
interface NestPacket {
  pattern: string;
  data: unknown;
}

const MEMBERS = new Set(['pattern', 'data', 'id', 'options']);

/** The pattern of a Nest packet, or undefined when the body is none. */
export function packetPattern(body: Buffer): string | undefined {
  // Looked for in the text first: only then is the body worth parsing twice.
  if (!body.includes('"pattern"')) return undefined;
  try {
    return asPacket(JSON.parse(body.toString()))?.pattern;
  } catch {
    return undefined; // Not JSON: the run says so when it reads the payload.
  }
}

/** The data of a packet that names this very type; any other value is a payload as it stands. */
export function unwrapPacket(value: unknown, type: string): unknown {
  const packet = asPacket(value);
  return packet?.pattern === type ? packet.data : value;
}

function asPacket(value: unknown): NestPacket | undefined {
  if (typeof value !== 'object' || value === null || !('pattern' in value) || !('data' in value)) return undefined;
  if (typeof value.pattern !== 'string' || !Object.keys(value).every((member) => MEMBERS.has(member))) return undefined;
  return { pattern: value.pattern, data: value.data };
}
