import { inspect } from 'node:util';
import { encodeJson, MAX_DEPTH } from '../json/encode/encode.js';
import { ExactNumber } from '../json/exact-number.js';
import { printJson } from '../json/print.js';
import type { JsonValue } from '../json/types.js';

/**
 * A state as JSON text. A state that is not plain JSON is printed as its definition encodes it for snapshots. If that is not
 * JSON either, maps and sets become lists, dates ISO texts, instances their properties, and other or too deeply nested
 * values texts, as Node.js prints them.
 */
export function stateJson(state: unknown, encodeState: () => unknown): string {
  const encoded = encodeJson(state);
  if ('text' in encoded) return encoded.text;
  const stored = encodeState();
  const encodedForm = encodeJson(stored);
  return 'text' in encodedForm ? encodedForm.text : printJson(asJson(stored, []));
}

function asJson(value: unknown, outer: readonly object[]): JsonValue {
  if (typeof value === 'number' && !Number.isFinite(value)) return inspect(value);
  if (isScalar(value)) return value;
  if (typeof value !== 'object' || outer.includes(value) || outer.length >= MAX_DEPTH) return inspect(value);
  const inner = (each: unknown) => asJson(each, [...outer, value]);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? inspect(value) : value.toISOString();
  if (value instanceof Map || value instanceof Set || Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as unknown as Iterable<unknown>, inner);
  const properties = Object.entries(value).filter(([, property]) => property !== undefined);
  return Object.fromEntries(properties.map(([key, property]) => [key, inner(property)]));
}

function isScalar(value: unknown): value is null | boolean | number | bigint | string | ExactNumber {
  return (
    value === null || ['boolean', 'number', 'bigint', 'string'].includes(typeof value) || value instanceof ExactNumber
  );
}
