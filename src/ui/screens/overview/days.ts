import type { EventHistogram, HistogramQuery } from '../../../admin/log-statistics/histogram.js';

/** A day in UTC with its number of events, which may be 0. */
export interface Day {
  /** Its first and its last millisecond since 1970. */
  readonly first: number;
  readonly last: number;
  readonly events: number;
}

const DAY = 86_400_000;
/** Most days that are shown. */
const SHOWN = 90;

/**
 * Bounds of the last days up to that of the last event, but not beyond today, which a clock that was wrong would hide; at most 90, from the
 * first event on.
 */
export function lastDays(
  { first, last }: { readonly first: number; readonly last: number },
  now: number,
): HistogramQuery {
  const lastDay = Math.floor(Math.min(last, now) / DAY);
  const firstDay = Math.max(Math.min(Math.floor(first / DAY), lastDay), lastDay - SHOWN + 1);
  return { since: firstDay * DAY, until: (lastDay + 1) * DAY - 1, interval: DAY };
}

/** The days of a histogram. */
export function daysOf({ begin, interval, counts }: EventHistogram): Day[] {
  return counts.map((events, index) => {
    const first = begin + index * interval;
    return { first, last: first + interval - 1, events };
  });
}

/** The end of the days of a histogram: the first millisecond since 1970 after them. */
export function daysEnd({ begin, interval, counts }: EventHistogram): number {
  return begin + interval * counts.length;
}
