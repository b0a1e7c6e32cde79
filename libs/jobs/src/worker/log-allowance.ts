import { type JsonText, toJsonText } from '../contracts/json';

/** Lines that one attempt may write in a second, and in all. */
export const LINES_PER_SECOND = 1_000;
export const LINES_PER_ATTEMPT = 10_000;
const MOST_MESSAGE_CHARS = 8_000;
const MOST_FIELDS_CHARS = 8_000;

/**
 * How much one attempt may write into the log of its job: a handler that writes without end must fill neither the
 * memory of its worker nor the database. What is left out is counted, and told once there is room again.
 */
export class LogAllowance {
  private secondAt = Number.NEGATIVE_INFINITY;
  private inSecond = 0;
  private inAll = 0;
  private leftOut = 0;

  /** Asked for each line. `leftOut` lines are to be told before it. */
  ask(now: number): { allowed: boolean; leftOut: number } {
    if (now - this.secondAt >= 1_000 || now < this.secondAt) {
      this.secondAt = now;
      this.inSecond = 0;
    }
    if (this.inSecond >= LINES_PER_SECOND || this.inAll >= LINES_PER_ATTEMPT) {
      this.leftOut += 1;
      return { allowed: false, leftOut: 0 };
    }
    this.inSecond += 1;
    this.inAll += 1;
    return { allowed: true, leftOut: this.end() };
  }

  /** Lines that were left out and not told yet. */
  end(): number {
    const { leftOut } = this;
    this.leftOut = 0;
    return leftOut;
  }
}

export const boundedMessage = (message: string): string => message.slice(0, MOST_MESSAGE_CHARS);

/** The fields as JSON; in place of those that are too large, or have no form in JSON, why. A log line fails no job. */
export function boundedFields(fields: Record<string, unknown>): JsonText | undefined {
  let text: JsonText | undefined;
  try {
    text = toJsonText(fields);
  } catch (error) {
    return toJsonText({ leftOut: `the fields have no form in JSON: ${String(error)}`.slice(0, 200) });
  }
  if (text === undefined || text.length <= MOST_FIELDS_CHARS) return text;
  return toJsonText({
    leftOut: `the fields have ${text.length} characters of JSON; ${MOST_FIELDS_CHARS} are the most`,
  });
}
