/** Credentials that do not let anybody in; 401. */
export class Refused extends Error {
  constructor(
    readonly code: 'token_missing_or_wrong' | 'token_expired' | 'token_revoked',
    message: string,
  ) {
    super(message);
    this.name = 'Refused';
  }
}
