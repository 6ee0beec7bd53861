import { type ErrorCode, MaestroError } from 'maestro-store';
import { z } from 'zod';

/** A status that says no: the fault of the client, or of the server. */
export type Refusal = 400 | 401 | 404 | 409 | 412 | 413 | 422 | 428 | 500 | 503;

/** An answer that is no success. Whoever finds the reason throws it. */
export class Problem extends Error {
  constructor(
    readonly status: Refusal,
    /** What clients are told. */ readonly title: string,
    /** Further facts for clients. */ readonly facts: object = {},
    cause?: unknown,
  ) {
    super(title, { cause });
  }
}

const LATER = 'The database cannot be reached. Nothing was changed; try again later.';

/** The answers to errors of Maestro. A misspelt code does not compile; one that is not here is a 500. */
const ANSWERS: { readonly [Code in ErrorCode]?: readonly [status: Refusal, title: string] } = {
  MAESTRO_INVALID_TIMESTAMP: [404, 'There is no such account.'],
  MAESTRO_SEQUENCE_CONFLICT: [412, 'It is in another state than you have seen. Read it again, and decide again.'],
  MAESTRO_COMMAND_ID_REUSED: [422, 'This Idempotency-Key was sent with another command.'],
  MAESTRO_COMMAND_ANSWER_LOST: [409, 'It was done before, but its answer is gone.'],
  // What else is an argument of `evaluate` is checked before, so it is the data: a text with U+0000, say.
  MAESTRO_INVALID_ARGUMENT: [422, 'The command has values that cannot be stored.'],
  MAESTRO_INVALID_EVENT: [422, 'The command has values that cannot be stored.'],
  MAESTRO_RETRY_LIMIT: [503, 'Too many are changing it at the same time. Nothing was changed; try again later.'],
  MAESTRO_OUTCOME_UNKNOWN: [503, 'Perhaps it was done. Send it again with the same Idempotency-Key to find out.'],
  MAESTRO_CONNECTION_LOST: [503, LATER],
  MAESTRO_UNREACHABLE: [503, LATER],
  MAESTRO_POOL_EXHAUSTED: [503, LATER],
  MAESTRO_TIMEOUT: [503, LATER],
  MAESTRO_CLOSED: [503, LATER],
};

/** The answer to an error: the one place that decides on statuses. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof SyntaxError) return new Problem(400, 'The body is not JSON.', {}, error);
  if (error instanceof z.ZodError)
    return new Problem(422, 'The command is not valid.', { issues: error.issues }, error);
  const [status, title] = (error instanceof MaestroError && ANSWERS[error.code as ErrorCode]) || [500, 'A defect.'];
  return new Problem(status, title, {}, error);
}
