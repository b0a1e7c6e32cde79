import { appendFileSync } from 'node:fs';
import type { Submission } from '../oracle/evidence';

/** The submitter's own record: what was asked for, and what was answered. Written down before and after. */
export class Book {
  readonly submissions: Submission[] = [];

  constructor(private readonly file: string) {}

  /** Before the first try. */
  open(submission: Submission): Submission {
    this.submissions.push(submission);
    return submission;
  }

  note(submission: Submission, changes: Partial<Submission>): void {
    Object.assign(submission, changes);
    appendFileSync(this.file, `${JSON.stringify(submission)}\n`);
  }

  get accepted(): number {
    return this.submissions.filter(({ answer }) => answer === 'accepted').length;
  }
}
