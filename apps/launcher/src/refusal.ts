/** Why nothing can be started; stable, so that scripts may look for it. */
type RefusalCode =
  | 'CONFIGURATION_INVALID'
  | 'ALREADY_RUNNING'
  | 'FOLDER_OF_ANOTHER_USER'
  | 'PORT_TAKEN'
  | 'NOT_BUILT'
  | 'APP_DOES_NOT_START';

/** What is wrong, and what to do about it. */
export interface Refusal {
  code: RefusalCode;
  problem: string;
  hint: string;
}

/** `npm start` cannot go on, for all of these reasons. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';

  constructor(readonly reasons: Refusal[]) {
    super(reasons.map(({ code, problem, hint }) => `${code}: ${problem}\n  ${hint}`).join('\n'));
  }
}
