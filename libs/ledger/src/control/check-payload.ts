import { type JobCatalog, type JsonText, payloadText, validatePayload } from '@scutwork/jobs/wire';

/** Checks an edited payload as if it were submitted, and writes it. */
export type CheckPayload = (type: string, payload: unknown) => Promise<JsonText>;

/** It throws JobError `payload_invalid`, `payload_not_json`, `payload_too_large`. A type that is not known here has no schema. */
export function payloadCheck(catalog: JobCatalog, maxPayloadBytes: number): CheckPayload {
  return async (type, payload) => {
    const definition = catalog.get(type);
    if (definition) await validatePayload(definition.schema, payload, type);
    return payloadText(payload, type, maxPayloadBytes);
  };
}
