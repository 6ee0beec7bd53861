const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** A length of time in words, to a tenth of the largest unit that it fills: `300 ms`, `59.9 seconds`, `365 days`. */
export function timeSpan(milliseconds: number): string {
  const length = Math.abs(milliseconds);
  const [unit, size] = UNITS.find(([, size]) => length >= size) ?? ['ms', 1];
  // Rounded down: messages say "at least".
  const count = Math.floor((length / size) * 10) / 10;
  return size === 1 ? `${Math.round(length)} ms` : `${count} ${unit}${count === 1 ? '' : 's'}`;
}
