/** Nothing was started, for these reasons; each says what to do. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';

  constructor(readonly reasons: string[]) {
    super(reasons.join('\n'));
  }
}
