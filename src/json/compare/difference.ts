import { ExactNumber } from '../exact-number.js';
import type { JsonValue } from '../types.js';

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * The difference of two numbers, digit for digit and with its sign: `+0.1`, `-71360`; `undefined` where one of them is not a number, or
 * one so large or small that it is written with an exponent.
 */
export function differenceText(before: JsonValue | undefined, after: JsonValue | undefined): string | undefined {
  const [from, to] = [decimalOf(before), decimalOf(after)];
  if (from === undefined || to === undefined) return undefined;
  const places = Math.max(from.fraction.length, to.fraction.length);
  const scaled = ({ sign, whole, fraction }: Decimal) => BigInt(`${sign}${whole}${fraction.padEnd(places, '0')}`);
  const difference = scaled(to) - scaled(from);
  const digits = String(difference < 0n ? -difference : difference).padStart(places + 1, '0');
  const [whole, fraction] = [digits.slice(0, digits.length - places), digits.slice(digits.length - places)];
  const rest = fraction.replace(/0+$/, '');
  return `${difference < 0n ? '-' : '+'}${whole}${rest === '' ? '' : `.${rest}`}`;
}

interface Decimal {
  readonly sign: string;
  readonly whole: string;
  readonly fraction: string;
}

function decimalOf(value: JsonValue | undefined): Decimal | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint' && !(value instanceof ExactNumber)) return undefined;
  const [match, sign = '', whole = '', fraction = ''] = DECIMAL.exec(String(value)) ?? [];
  return match === undefined ? undefined : { sign, whole, fraction };
}
