import type { PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { RequestProblem } from '../problems/problem';
import { faultsOf, fieldOf } from './faults';

const MOST_FAULTS = 20;

/** The body as its schema gives it back; one that does not fit is refused, naming each field at fault. */
export class RequestBody<T> implements PipeTransform<unknown, T> {
  constructor(private readonly schema: z.ZodType<T>) {}

  transform(body: unknown): T {
    const read = this.schema.safeParse(body);
    if (read.success) return read.data;
    const found = read.error.issues.flatMap(faultsOf).slice(0, MOST_FAULTS);
    const faults = found.map(({ path, message }) => ({ field: fieldOf(path), message }));
    const said = faults.slice(0, 3).map(({ field, message }) => `${field}: ${message}`);
    throw new RequestProblem(422, 'request_invalid', `The request is not valid: ${said.join('; ')}`, {
      field: faults[0]?.field,
      hint: 'Correct the fields that are named in "errors".',
      errors: faults,
    });
  }
}
