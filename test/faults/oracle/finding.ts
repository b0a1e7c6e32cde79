/** `lost`: an accepted job that never came to its end. `wrong`: anything else that must not be. */
type Verdict = 'lost' | 'wrong';

export interface Finding {
  verdict: Verdict;
  /** The rule that was broken. */
  rule: string;
  id?: string;
  says: string;
}
