import { isSafeNumber } from 'lossless-json';
import { ExactNumber } from '../exact-number.js';
import type { JsonFault } from '../types.js';

/** A run of digits that a JavaScript number may not hold, or an exponent: whatever else is written, none is lost. */
const MAY_BE_ROUNDED = /[\d.]{16}|\d[eE]/;

/**
 * The bigints and exact numbers of a value that are rounded when its JSON text is read with plain numbers: integers
 * beyond 2^53, and numbers with more digits than a JavaScript number has. `json` is that text.
 */
export function roundedNumbers(value: unknown, json: string): JsonFault[] {
  const faults: JsonFault[] = [];
  if (MAY_BE_ROUNDED.test(json)) collect(value, [], faults);
  return faults;
}

function collect(value: unknown, path: readonly (string | number)[], faults: JsonFault[]): void {
  if (typeof value === 'bigint' || value instanceof ExactNumber) {
    const digits = String(value);
    if (isSafeNumber(digits)) return;
    const shown = digits.length > 40 ? `${digits.slice(0, 40)}…` : digits;
    faults.push({ path, message: `is ${shown}, which would be read as the JavaScript number ${Number(value)}` });
  } else if (Array.isArray(value)) for (const [index, item] of value.entries()) collect(item, [...path, index], faults);
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) collect(item, [...path, key], faults);
}
