/** What an error may carry beside its message. */
export interface MaestroErrorOptions {
  /** What to do about it, in a sentence or two. */
  readonly hint?: string;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/**
 * Every error that Maestro throws on purpose. `code` is stable across releases and begins with `MAESTRO_`; the message
 * is for people and may change. Facts are fields of the subclasses; the original error, if any, is `cause`.
 */
export abstract class MaestroError extends Error {
  /** The stable name of this kind of error. */
  abstract readonly code: string;
  /** What to do about it, when there is something. */
  readonly hint: string | undefined;

  constructor(message: string, options: MaestroErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
  }
}

/** A function of the library was called with something that it does not take. Nothing was done. */
export class InvalidArgumentError extends MaestroError {
  readonly code = 'MAESTRO_INVALID_ARGUMENT';
}
