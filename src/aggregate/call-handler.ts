import { deepFreeze } from './freeze.js';
import { HandlerError, type HandlerRef } from './errors.js';

/**
 * Calls a function of a definition that has to answer at once. Throws {@link HandlerError} when it throws, or answers
 * with a promise or with nothing. The answer is frozen.
 */
export function callHandler(handler: HandlerRef, call: () => unknown): unknown {
  let answer: unknown;
  try {
    answer = call();
  } catch (cause) {
    throw new HandlerError(handler, `threw: ${messageOf(cause)}`, cause);
  }
  assertAnswer(handler, answer);
  deepFreeze(answer);
  return answer;
}

/** Throws {@link HandlerError} when an answer is a promise, or none at all. */
export function assertAnswer(handler: HandlerRef, answer: unknown): void {
  if (answer === undefined) throw new HandlerError(handler, 'returned undefined.');
  if (isThenable(answer)) {
    // Nobody is going to wait for it, so nobody may be told of its failure either.
    answer.then(undefined, () => {});
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
