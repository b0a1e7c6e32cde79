import { JobError } from './errors';

/** The same mistake, said of one of many: its field becomes `jobs[3].payload.to`. */
export function atEntry(error: JobError, index: number): JobError {
  const field = error.field?.startsWith('jobs[') ? error.field : `jobs[${index}].${error.field ?? ''}`;
  return new JobError(error.code, `Entry ${index}: ${error.message}`, { field, hint: error.hint, cause: error });
}
