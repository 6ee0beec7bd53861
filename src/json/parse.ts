import { isInteger, isSafeNumber, parse } from 'lossless-json';
import { type ErrorCode, MaestroError } from '../errors.js';
import { ExactNumber } from './exact-number.js';
import type { JsonValue, NumberMode } from './types.js';

/** A text is not valid JSON, or gives one key two values. */
export class InvalidJsonError extends MaestroError {
  readonly code = 'MAESTRO_INVALID_JSON' satisfies ErrorCode;
}

/**
 * A stored body is nested too deeply to be parsed with lossless numbers. It can be read with plain numbers, and moved
 * as text.
 */
export class NestedTooDeeplyError extends MaestroError {
  readonly code = 'MAESTRO_NESTED_TOO_DEEPLY' satisfies ErrorCode;
}

/** Matches runs that need exact parsing: numbers of up to 15 significant digits are exact in JavaScript. */
const LONG_NUMBER = /[\d.]{16}/;

/** True for a JSON text that may contain a number which a JavaScript number cannot hold exactly. */
export function mayLoseDigits(text: string): boolean {
  return LONG_NUMBER.test(text);
}

/**
 * Parses a JSON text that PostgreSQL printed, so it is valid and no number has an exponent. Throws
 * {@link NestedTooDeeplyError} for lossless numbers.
 */
export function decodeJson(text: string, numbers: NumberMode = 'plain'): JsonValue {
  if (numbers === 'plain' || !mayLoseDigits(text)) return JSON.parse(text) as JsonValue;
  try {
    return parse(text, undefined, exactWhereNeeded) as JsonValue;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new NestedTooDeeplyError("A stored body is nested too deeply to be read with numbers: 'lossless'.", {
      hint: "Read it with numbers: 'plain', or as text with streamStoredEvents.",
      cause: error,
    });
  }
}

/**
 * Parses a JSON text that a person or another program wrote, keeping every number as its text. Throws
 * {@link InvalidJsonError} when it is not JSON, is nested too deeply to be parsed, or gives one key two values
 * (PostgreSQL would keep the last one silently).
 */
export function parseJsonText(text: string): JsonValue {
  try {
    return parse(text, undefined, {
      parseNumber: (number) => new ExactNumber(number),
      onDuplicateKey: ({ key }) => {
        throw new SyntaxError(`The key ${JSON.stringify(key)} occurs twice with different values`);
      },
    }) as JsonValue;
  } catch (error) {
    const tooDeep = error instanceof RangeError;
    const reason = tooDeep ? 'it is nested too deeply' : error instanceof Error ? error.message : String(error);
    throw new InvalidJsonError(`This is not valid JSON: ${reason}.`, { cause: error });
  }
}

function exactWhereNeeded(text: string): number | bigint | ExactNumber {
  if (isSafeNumber(text)) return Number(text);
  return isInteger(text) ? BigInt(text) : new ExactNumber(text);
}
