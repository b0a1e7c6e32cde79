import type { StandardSchemaV1 } from '@standard-schema/spec';
import { JobError } from './errors';
import type { Schema } from './define-job';

/**
 * The payload as the schema gives it back. Synchronous where the schema is: the hot path pays for no promise.
 * @throws JobError `payload_invalid`; `field` is the path at fault, e.g. `payload.to`
 */
export function validatePayload<Output>(
  schema: Schema<unknown, Output>,
  payload: unknown,
  type: string,
): Output | Promise<Output> {
  const result = schema['~standard'].validate(payload);
  if (result instanceof Promise) return result.then((late) => accept(late, type));
  return accept(result, type);
}

function accept<Output>(result: StandardSchemaV1.Result<Output>, type: string): Output {
  if (result.issues === undefined) return result.value;
  const faults = result.issues.slice(0, 10).map((issue) => ({ field: pathOf(issue), message: issue.message }));
  throw new JobError(
    'payload_invalid',
    `The payload of ${type} is not valid: ${faults.map((f) => `${f.field}: ${f.message}`).join('; ')}`,
    {
      field: faults[0]?.field ?? 'payload',
      hint: 'Correct the named fields; the payload must match the schema of the job type.',
    },
  );
}

function pathOf(issue: StandardSchemaV1.Issue): string {
  const keys = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part));
  return ['payload', ...keys.map(String)].join('.');
}
