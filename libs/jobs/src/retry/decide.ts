import { describeFailure } from '../contracts/failure';
import { type JsonText, toJsonText } from '../contracts/json';
import { JobError, RetryAfterError, UnrecoverableError } from '../contracts/errors';
import type { RunPolicy } from '../contracts/options';
import type { Outcome } from '../contracts/outcome';
import type { Random } from '../lifecycle/clock';
import { type BackoffFunctions, backoffDelayMs } from './backoff';

/** How a run ended. `refused`: its payload is not valid, so the handler was never called. */
export type RunEnd = { ended: 'returned'; value: unknown } | { ended: 'refused' | 'threw'; error: unknown };

export interface Decider {
  random: Random;
  backoffFunctions: BackoffFunctions;
  /** Largest result in bytes of JSON. */
  maxResultBytes: number;
}

/**
 * What a run's end means for its job. Pure, and the only reader of what handlers throw. A result is serialised and
 * bounded here, before it joins others in a group, so that a bad one fails this attempt and no other.
 */
export function decide(end: RunEnd, attempt: number, policy: RunPolicy, decider: Decider): Outcome {
  switch (end.ended) {
    case 'refused':
      return { kind: 'dead', reason: 'payload_invalid', failure: describeFailure(end.error) };
    case 'threw':
      return decideFailure(end.error, attempt, policy, decider);
    case 'returned':
      return decideValue(end.value, attempt, policy, decider);
  }
}

function decideValue(value: unknown, attempt: number, policy: RunPolicy, decider: Decider): Outcome {
  try {
    return { kind: 'completed', result: boundedResult(value, decider.maxResultBytes) };
  } catch (error) {
    return decideFailure(error, attempt, policy, decider);
  }
}

function decideFailure(error: unknown, attempt: number, policy: RunPolicy, decider: Decider): Outcome {
  const failure = describeFailure(error);
  if (error instanceof UnrecoverableError) return { kind: 'dead', reason: 'unrecoverable', failure };
  if (attempt >= policy.maxAttempts) return { kind: 'dead', reason: 'attempts_exhausted', failure };
  if (error instanceof RetryAfterError)
    return {
      kind: 'retry',
      delayMs: Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(error.delayMs)),
      exact: true,
      failure,
    };
  try {
    const delayMs = backoffDelayMs(policy.backoff, attempt, error, decider.random, decider.backoffFunctions);
    return { kind: 'retry', delayMs, exact: policy.backoff.jitter === 0, failure };
  } catch (fault) {
    // A job must not be lost to a faulty backoff function: it waits the longest default and says why.
    const also = describeFailure(fault);
    return {
      kind: 'retry',
      delayMs: 60_000,
      exact: true,
      failure: { ...failure, message: `${failure.message} (${also.message})` },
    };
  }
}

function boundedResult(value: unknown, maxBytes: number): JsonText | undefined {
  let result: JsonText | undefined;
  try {
    result = toJsonText(value);
  } catch (cause) {
    throw new JobError('result_not_json', 'What the handler returned cannot be written as JSON', {
      field: 'result',
      hint: 'Return plain data: no cycles, no bigint.',
      cause,
    });
  }
  if (result !== undefined && Buffer.byteLength(result) > maxBytes) {
    throw new JobError(
      'result_too_large',
      `The result has ${Buffer.byteLength(result)} bytes of JSON; ${maxBytes} are the most`,
      {
        field: 'result',
        hint: 'Store large results elsewhere and return a reference.',
      },
    );
  }
  return result;
}
