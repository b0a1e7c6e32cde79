import { type JobCatalog, type JsonText, payloadText, validatePayload, versionOf } from '@scutwork/jobs/wire';

/** A payload as a row has it, with its version where that is not 1. */
export interface CheckedPayload {
  payload: JsonText;
  version: number | undefined;
}

/** Checks an edited payload as if it were submitted, and writes it. */
export type CheckPayload = (type: string, payload: unknown) => Promise<CheckedPayload>;

/** It throws JobError `payload_invalid`, `payload_not_json`, `payload_too_large`. A type that is not known here has no schema. */
export function payloadCheck(catalog: JobCatalog, maxPayloadBytes: number): CheckPayload {
  return async (type, payload) => {
    const definition = catalog.get(type);
    if (definition) await validatePayload(definition.schema, payload, type);
    const version = definition && versionOf(definition);
    return { payload: payloadText(payload, type, maxPayloadBytes), version };
  };
}
