import { HandlerError, type HandlerRef } from '../errors.js';

/**
 * Calls a function of a definition and returns its result. Throws {@link HandlerError} when it throws, or returns a
 * promise or undefined: it has to answer at once.
 */
export function callHandler<Answer>(handler: HandlerRef, call: () => Answer): Answer {
  let answer: Answer;
  try {
    answer = call();
  } catch (cause) {
    throw new HandlerError(handler, `threw: ${messageOf(cause)}`, cause);
  }
  assertAnswer(handler, answer);
  return answer;
}

/** Throws {@link HandlerError} when a result is a promise or undefined. */
export function assertAnswer(handler: HandlerRef, answer: unknown): void {
  if (answer === undefined) throw new HandlerError(handler, 'returned undefined.');
  if (isThenable(answer)) {
    // Nobody awaits it, so its failure must not become an unhandled rejection.
    Promise.resolve(answer).catch(() => {});
    throw new HandlerError(handler, 'returned a promise.');
  }
}

/** The handler's own words, as a sentence. */
function messageOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message || cause.name : String(cause);
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
