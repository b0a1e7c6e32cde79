/** What can go wrong with a broker or database of our own; stable, so that callers may switch over it. */
export type LocalErrorCode =
  | 'FOLDER_IN_USE'
  | 'FOLDER_UNREACHABLE'
  | 'PORT_TAKEN'
  | 'RABBITMQ_MISSING'
  | 'RABBITMQ_START_FAILED'
  | 'RABBITMQCTL_FAILED'
  | 'POSTGRES_MISSING'
  | 'POSTGRES_START_FAILED'
  | 'DEADLINE_PASSED';

/**
 * An error of this library: a stable `code`, a message that names what is at fault, and a `hint` with the next step.
 *
 * @example
 * catch (error) { if (error instanceof LocalError && error.code === 'RABBITMQ_MISSING') console.error(error.hint); }
 */
export class LocalError extends Error {
  override readonly name = 'LocalError';

  constructor(
    readonly code: LocalErrorCode,
    message: string,
    readonly hint: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
