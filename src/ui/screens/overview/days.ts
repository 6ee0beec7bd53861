import type { QuarterHourStatistics } from '../../../admin/log-statistics/log-statistics.js';

/** A day in UTC with its number of events, which may be 0. */
export interface Day {
  /** Its beginning, in milliseconds since 1970. */
  readonly time: number;
  readonly events: number;
}

const DAY = 86_400_000;
/** Most days that are shown. */
const SHOWN = 90;

/** The last days up to that of the last event, each with its events; at most 90, from the first event on. */
export function utcDays(quarters: readonly QuarterHourStatistics[]): Day[] {
  const days = new Map<number, number>();
  for (const { time, events } of quarters) {
    const day = Math.floor(time / DAY);
    days.set(day, (days.get(day) ?? 0) + events);
  }
  const [first = 0, last = -1] = [Math.min(...days.keys()), Math.max(...days.keys())];
  if (days.size === 0) return [];
  const from = Math.max(first, last - SHOWN + 1);
  return Array.from({ length: last - from + 1 }, (_, index) => ({
    time: (from + index) * DAY,
    events: days.get(from + index) ?? 0,
  }));
}
