import { InvalidArgumentError } from '../../errors.js';
import type { StateAt } from '../../aggregate/state-at.js';
import { readBack } from '../../json/encode/round-trip.js';
import { encodeEvents } from '../../store/commit/validate.js';
import { InvalidEventError } from '../../store/errors.js';
import { placed, type PlacedDraft, type Subject } from './play.js';
import { ScenarioError } from './scenario-error.js';
import type { ShownEvent } from './text.js';
import type { ExpectedError } from './types.js';

/** The keys of an event that may be given: of one that was read from a store, too. */
export const GIVEN_KEYS = ['type', 'body', 'metadata', 'timestamp', 'aggregateId', 'sequence'];
/** The keys of an event that may be expected. */
export const EXPECTED_KEYS = ['type', 'body'];

/** Throws `InvalidArgumentError` for what is no event, or has a key that nothing would look at. */
export function assertEvents(method: string, events: readonly unknown[], keys: readonly string[]): void {
  for (const [index, event] of events.entries()) {
    if (typeof event !== 'object' || event === null)
      throw new InvalidArgumentError(`${method}() takes events ({type, body}); argument ${index} is none.`);
    const unknown = Object.keys(event).find((key) => !keys.includes(key));
    if (unknown !== undefined)
      throw new InvalidArgumentError(
        `Event ${index} of ${method}() has the key ${JSON.stringify(unknown)}; known are ${keys.join(', ')}.`,
      );
  }
}

/** Expected events as they would be read once they were committed. Throws {@link ScenarioError} when they cannot be. */
export function asCommitted(subject: Subject, at: StateAt, drafts: readonly PlacedDraft[]): ShownEvent[] {
  const { numbers } = subject.definition;
  try {
    return encodeEvents(placed(subject, at, drafts)).map(({ event: { type }, json }) => ({
      type,
      body: readBack(json, numbers),
    }));
  } catch (cause) {
    if (!(cause instanceof InvalidEventError)) throw cause;
    throw new ScenarioError(`The expected events are none that could be committed. ${cause.message}`, { cause });
  }
}

/** Throws `InvalidArgumentError` for what no error can be compared with. */
export function assertExpectedError(expected: unknown): void {
  if (typeof expected !== 'string' && typeof expected !== 'function' && !(expected instanceof RegExp))
    throw new InvalidArgumentError(
      'thenThrows() takes a class of errors, a code, a regular expression for the message, or a function.',
    );
}

/** True for an error that is as expected. */
export function isExpectedError(expected: ExpectedError, error: unknown): boolean {
  if (typeof expected === 'string') return propertyOf(error, 'code') === expected;
  if (expected instanceof RegExp) return String(propertyOf(error, 'message') ?? error).search(expected) >= 0;
  return isErrorClass(expected) ? error instanceof expected : (expected as (error: unknown) => unknown)(error) === true;
}

/** An expected error as people read it. */
export function textOfExpectedError(expected: ExpectedError): string {
  if (typeof expected === 'string') return `an error with the code ${expected}`;
  if (expected instanceof RegExp) return `an error whose message matches ${String(expected)}`;
  return isErrorClass(expected)
    ? `an error of the class ${expected.name}`
    : `an error for which ${expected.name === '' ? 'the function' : expected.name} returns true`;
}

function isErrorClass(value: ExpectedError): value is abstract new (...args: never) => unknown {
  const { prototype } = value as { prototype?: unknown };
  return typeof prototype === 'object' && prototype !== null && 'message' in prototype;
}

function propertyOf(value: unknown, key: 'code' | 'message'): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}
