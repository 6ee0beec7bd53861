import { isPlainObject } from './plain-object.js';

/**
 * Matches characters that JSON escapes or no text can hold: quotes, backslashes, control characters, surrogates (paired
 * or not).
 */
const SPECIAL = /["\\\u0000-\u001f\ud800-\udfff]/;

/**
 * Encodes the simple values of which nearly every body is made: plain objects and arrays, nested no deeper than
 * `depth`, of well-formed strings, finite numbers, booleans and nulls. Returns `undefined` for all other values, valid
 * or not. Reads each property once. With a form for numbers, the text is the canonical one: keys are sorted, too.
 */
export function encodeSimple(
  value: unknown,
  depth: number,
  canonicalNumber?: (value: number) => string,
): string | undefined {
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      if (!Number.isFinite(value) || Object.is(value, -0)) return undefined;
      return canonicalNumber === undefined ? `${value}` : canonicalNumber(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (depth === 0) return undefined;
      return Array.isArray(value)
        ? writeItems(value, depth, canonicalNumber)
        : writeEntries(value as Record<string, unknown>, depth, canonicalNumber);
    default:
      return undefined;
  }
}

function writeString(text: string): string | undefined {
  if (!SPECIAL.test(text)) return `"${text}"`;
  return text.includes('\0') || !text.isWellFormed() ? undefined : JSON.stringify(text);
}

function writeItems(
  items: readonly unknown[],
  depth: number,
  canonicalNumber: ((value: number) => string) | undefined,
): string | undefined {
  if (Reflect.ownKeys(items).length !== items.length + 1) return undefined;
  let text = '[';
  for (let index = 0; index < items.length; index += 1) {
    const item = encodeSimple(items[index], depth - 1, canonicalNumber);
    if (item === undefined) return undefined;
    text += index === 0 ? item : `,${item}`;
  }
  return `${text}]`;
}

function writeEntries(
  value: Record<string, unknown>,
  depth: number,
  canonicalNumber: ((value: number) => string) | undefined,
): string | undefined {
  if (!isPlainObject(value)) return undefined;
  const keys = Object.keys(value);
  if (Reflect.ownKeys(value).length !== keys.length) return undefined;
  if (canonicalNumber !== undefined) keys.sort();
  let text = '';
  for (const key of keys) {
    const name = writeString(key);
    const item = encodeSimple(value[key], depth - 1, canonicalNumber);
    if (name === undefined || item === undefined) return undefined;
    text += text === '' ? `${name}:${item}` : `,${name}:${item}`;
  }
  return `{${text}}`;
}
