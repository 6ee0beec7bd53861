import { HandlerError, type HandlerRef } from '../errors.js';

/**
 * What a function of a definition answers. Throws {@link HandlerError} when it throws, or answers with a promise or with
 * nothing: it has to answer at once.
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

/** Throws {@link HandlerError} when an answer is a promise, or none at all. */
export function assertAnswer(handler: HandlerRef, answer: unknown): void {
  if (answer === undefined) throw new HandlerError(handler, 'returned undefined.');
  if (isThenable(answer)) {
    // Nobody is going to wait for it, so nobody may be told of its failure either.
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
