import type { Stage } from '../stage/stage';

/** An answer of a producer that is not going to be another one next time. */
export interface Answer<Body> {
  status: number;
  body: Body;
  /** When it was heard. */
  at: number;
}

const DEADLINE_MS = 6_000;

/** The producers by REST, one after the other: whoever does not answer is not asked again at once. */
export class LedgerApi {
  private next = 0;

  constructor(private readonly stage: Stage) {}

  /** Undefined when nobody can tell what became of it: no answer, or one that says so. */
  async ask<Body>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<Answer<Body> | undefined> {
    const { apis } = this.stage;
    const base = apis[this.next++ % apis.length] ?? '';
    try {
      const response = await fetch(base + path, {
        method,
        headers: {
          authorization: `Bearer ${this.stage.token()}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
      const answer = (await response.json()) as Body;
      if (response.status >= 500 || response.status === 429) return undefined;
      return { status: response.status, body: answer, at: Date.now() };
    } catch {
      return undefined;
    }
  }
}
