import { inspect } from 'node:util';
import { InvalidArgumentError } from '../errors.js';
import { encodeJson } from '../json/encode/encode.js';
import { decodeJson } from '../json/parse.js';
import { isPlainObject } from '../json/encode/plain-object.js';
import type { JsonObject } from '../json/types.js';

/**
 * The metadata of a command: what the application's context gives, and over it what the call gives. `undefined` when there
 * is none. Throws {@link InvalidArgumentError} for what is not a plain object, and what the function throws.
 */
export function commandMetadata(context: (() => unknown) | undefined, given: unknown): object | undefined {
  if (given !== undefined) assertObject(given, 'The option metadata of evaluate()', 'Write `{ metadata: { … } }`.');
  if (context === undefined) return given === undefined ? undefined : copyOf(given);
  const known = context();
  if (known instanceof Promise) known.catch(() => {});
  assertObject(known, 'What the function metadata of openAggregates() returns', HOW_TO_KNOW);
  return copyOf({ ...known, ...given });
}

/** A copy, which the caller cannot change while the command waits for its turn; what is not JSON is refused later, as it is. */
function copyOf(metadata: object): object {
  const encoded = encodeJson(metadata);
  return 'text' in encoded ? (decodeJson(encoded.text, 'lossless') as JsonObject) : metadata;
}

const HOW_TO_KNOW =
  'It has to answer at once, with `{}` when there is nothing to say. Keep what takes time to find out in an AsyncLocalStorage.';

function assertObject(value: unknown, what: string, hint: string): asserts value is object {
  if (typeof value !== 'object' || value === null || !isPlainObject(value))
    throw new InvalidArgumentError(`${what} must be a plain object; got ${inspect(value)}. Nothing was committed.`, {
      hint,
    });
}
