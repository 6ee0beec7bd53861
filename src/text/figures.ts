const BAR_WIDTH = 20;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

// Making one of these takes longer than most commands, so each is made when it is first used.
let sizes: Intl.NumberFormat | undefined;
let decimals: Intl.NumberFormat | undefined;

/** A fraction between 0 and 1 as a bar of up to 20 columns, to an eighth of a column. */
export function bar(share: number): string {
  const eighths = Math.round(Math.max(0, Math.min(share, 1)) * BAR_WIDTH * 8);
  return '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7];
}

/** A number of bytes such as `1.23MB`. */
export function byteSize(bytes: number): string {
  sizes ??= new Intl.NumberFormat('en', {
    notation: 'compact',
    style: 'unit',
    unit: 'byte',
    unitDisplay: 'narrow',
    maximumSignificantDigits: 3,
  });
  return sizes.format(bytes).replace(/BB$/, 'GB');
}

/** A whole number with commas at the thousands. */
export function decimal(value: number): string {
  decimals ??= new Intl.NumberFormat('en');
  return decimals.format(value);
}

/** A number with its noun: `1 snapshot`, `12,000 snapshots`. */
export function counted(count: number, thing: string, things = `${thing}s`): string {
  return `${decimal(count)} ${count === 1 ? thing : things}`;
}
