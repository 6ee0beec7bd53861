import { ExactNumber } from './exact-number.js';
import { parseJsonText } from './parse.js';
import { printJson } from './print.js';
import { isJsonObject } from './equality.js';
import type { JsonValue } from './types.js';

/**
 * The canonical JSON text of a value: keys in the order of their code units, no spaces, and numbers as their
 * significant digits and a power of ten (`1.50` as `15e-1`). Two JSON texts mean the same value exactly when their
 * canonical texts are equal. (Not PostgreSQL's form: see `isCanonicalJsonb`.)
 */
export function canonicalJson(text: string): string {
  return printJson(sorted(parseJsonText(text)));
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (value instanceof ExactNumber) return new ExactNumber(plainDigits(value.text));
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key] as JsonValue)]));
}

/** A number as its significant digits and a power of ten. */
function plainDigits(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '' || /^0*$/.test(digits)) return '0';
  const significant = digits.replace(/0+$/, '');
  // The power of ten of the last significant digit.
  const power = Number(exponent) - fraction.length + (digits.length - significant.length);
  return `${sign}${significant}${power === 0 ? '' : `e${power}`}`;
}
