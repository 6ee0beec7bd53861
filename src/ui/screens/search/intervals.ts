const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];

/** Lengths of time that people count with, in milliseconds. */
const LENGTHS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 14, 28, 91, 182, 364].map((count) => count * DAY),
];

/** The shortest length that people count with, of which at most `most` cover the time from `since` to `until`. */
export function intervalOf(since: number, until: number, most: number): number {
  const fits = (length: number) => Math.floor(until / length) - Math.floor(since / length) < most;
  let length = LENGTHS.find(fits);
  for (let years = 2; length === undefined; years *= 2) if (fits(years * 364 * DAY)) length = years * 364 * DAY;
  return length;
}
