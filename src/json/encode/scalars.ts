/** Digits that PostgreSQL's numeric can hold before the decimal point. */
const MAX_INTEGER_DIGITS = 131_072;
/** Digits that PostgreSQL's numeric can hold after the decimal point. */
const MAX_FRACTION_DIGITS = 16_383;

const JSON_NUMBER = /^-?(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** The reason why PostgreSQL would refuse a string, or a driver change it; `undefined` when it is stored unchanged. */
export function stringFault(text: string): string | undefined {
  if (text.includes('\0')) return 'contains U+0000, which PostgreSQL cannot store';
  if (!text.isWellFormed()) return 'contains a lone surrogate, which is not Unicode text';
  return undefined;
}

/** The reason why a number, or the text of one, would be refused or changed; `undefined` when its value is kept. */
export function numberFault(number: number | string): string | undefined {
  if (typeof number === 'number') {
    if (!Number.isFinite(number)) return `is ${number}, which JSON has no number for; write null or a string`;
    if (Object.is(number, -0)) return 'is negative zero, whose sign is lost; write 0';
    return undefined;
  }
  const [match, integer = '', fraction = '', exponent = '0'] = JSON_NUMBER.exec(number) ?? [];
  if (match === undefined) return 'is not a JSON number';
  if (number.startsWith('-') && !/[1-9]/.test(integer + fraction))
    return 'is negative zero, whose sign is lost; write 0';
  if (
    integer.length + Number(exponent) > MAX_INTEGER_DIGITS ||
    fraction.length - Number(exponent) > MAX_FRACTION_DIGITS
  )
    return `has more digits than PostgreSQL keeps (${MAX_INTEGER_DIGITS} before the point, ${MAX_FRACTION_DIGITS} after)`;
  return undefined;
}
