import { ExactNumber } from '../exact-number.js';
import { parseJsonText } from '../parse.js';
import { printJson } from '../print.js';
import { isJsonObject } from '../compare/equality.js';
import type { JsonValue } from '../types.js';

const EXPONENT = /\d[eE][+-]?\d/;

/** A valid JSON text with its numbers as PostgreSQL prints them: `1e+21` as `1000000000000000000000`. */
export function withoutExponents(text: string): string {
  return EXPONENT.test(text) ? printJson(writtenOut(parseJsonText(text))) : text;
}

function writtenOut(value: JsonValue): JsonValue {
  if (value instanceof ExactNumber) return new ExactNumber(digitsOf(value.text));
  if (Array.isArray(value)) return value.map(writtenOut);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, writtenOut(item)]));
}

function digitsOf(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d+)$/.exec(number) ?? [];
  if (exponent === undefined) return number;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  const integer = digits
    .slice(0, point)
    .padEnd(point, '0')
    .replace(/^0+(?=\d)/, '');
  return point < digits.length ? `${sign}${integer}.${digits.slice(point)}` : `${sign}${integer}`;
}
