import { compareNumber } from 'lossless-json';
import { ExactNumber } from '../exact-number.js';
import { parseJsonText } from '../parse.js';
import type { JsonObject, JsonValue } from '../types.js';

/** True when two JSON texts mean the same value: numbers compared digit by digit, keys in any order. */
export function sameJson(left: string, right: string): boolean {
  return left === right || sameValue(parseJsonText(left), parseJsonText(right));
}

/** True when two JSON values are equal; exact numbers are compared digit by digit. */
export function sameValue(left: JsonValue, right: JsonValue): boolean {
  if (left === right) return true;
  if (left instanceof ExactNumber && right instanceof ExactNumber) return compareNumber(left.text, right.text) === 0;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, index) => sameValue(item, right[index] as JsonValue));
  if (isJsonObject(left) && isJsonObject(right)) {
    const keys = Object.keys(left);
    if (keys.length !== Object.keys(right).length) return false;
    return keys.every((key) => Object.hasOwn(right, key) && sameValue(left[key] as JsonValue, right[key] as JsonValue));
  }
  return false;
}

/** True for a JSON object, as opposed to an array, a scalar or an {@link ExactNumber}. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}
