import { type EncodedJson, encodeJson, MAX_DEPTH } from './encode.js';
import { encodeSimple } from './encode-simple.js';
import { ExactNumber } from '../exact-number.js';
import { parseJsonText } from '../parse.js';

/**
 * The canonical JSON text of a value: keys in the order of their code units, no spaces, and numbers as their
 * significant digits and a power of ten (`1.50` as `15e-1`). Two JSON texts mean the same value exactly when their
 * canonical texts are equal. (Not PostgreSQL's form: see `isCanonicalJsonb`.)
 */
export function canonicalJson(text: string): string {
  return canonicalText(parseJsonText(text));
}

/** The canonical text of a value, or its faults, as {@link encodeJson} finds them. */
export function encodeCanonical(value: unknown): EncodedJson {
  const simple = encodeSimple(value, MAX_DEPTH, numberDigits);
  if (simple !== undefined) return { text: simple };
  const encoded = encodeJson(value);
  return 'text' in encoded ? { text: canonicalText(value) } : encoded;
}

/** The canonical text of a value that {@link encodeJson} can encode. */
function canonicalText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return numberDigits(value);
  if (typeof value === 'bigint') return plainDigits(String(value));
  if (value instanceof ExactNumber) return plainDigits(value.text);
  if (typeof value !== 'object' || value === null) return String(value);
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${canonicalText(item)}`;
    return `[${text}]`;
  }
  for (const key of Object.keys(value).sort())
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalText((value as Record<string, unknown>)[key])}`;
  return `{${text}}`;
}

function numberDigits(number: number): string {
  return Number.isSafeInteger(number) ? integerDigits(number) : plainDigits(String(number));
}

/** The digits of an integer as {@link plainDigits} gives them, without looking at its text. */
function integerDigits(integer: number): string {
  let [significant, power] = [integer, 0];
  while (significant !== 0 && significant % 10 === 0) [significant, power] = [significant / 10, power + 1];
  return power === 0 ? String(significant) : `${significant}e${power}`;
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
