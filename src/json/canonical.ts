import { ExactNumber } from './exact-number.js';
import { parseJsonText } from './parse.js';

/**
 * The canonical JSON text of a value: keys in the order of their code units, no spaces, and numbers as their
 * significant digits and a power of ten (`1.50` as `15e-1`). Two JSON texts mean the same value exactly when their
 * canonical texts are equal. (Not PostgreSQL's form: see `isCanonicalJsonb`.)
 */
export function canonicalJson(text: string): string {
  return canonicalText(parseJsonText(text));
}

/** The canonical text of a value that `encodeJson` can encode. */
export function canonicalText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'bigint') return plainDigits(String(value));
  if (value instanceof ExactNumber) return plainDigits(value.text);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalText(member)}`).join(',')}}`;
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
