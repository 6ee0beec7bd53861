import type { QuarterHourStatistics } from '../../../admin/log-statistics/log-statistics.js';
import { localDay } from '../../render/local-time.js';
import { bar, decimal } from '../../../text/figures.js';
import type { Column } from '../../render/fitted-table.js';

/** A local day with its number of events. */
export interface Day {
  readonly day: string;
  readonly events: number;
}

/** The events by local day; days without events are left out. */
export function byDay(quarters: readonly QuarterHourStatistics[]): Day[] {
  const days = new Map<string, number>();
  for (const { time, events } of quarters) days.set(localDay(time), (days.get(localDay(time)) ?? 0) + events);
  return [...days].map(([day, events]) => ({ day, events }));
}

/** The columns of a table of days. */
export function dayColumns(days: readonly Day[]): readonly Column<Day>[] {
  return [
    { heading: 'DAY', value: ({ day }) => day },
    { heading: 'EVENTS', value: ({ events }) => decimal(events), align: 'right' },
    barColumn(days),
  ];
}

/** A column with a bar for each row, relative to the largest. */
export function barColumn(rows: readonly { readonly events: number }[]): Column<{ readonly events: number }> {
  const most = rows.reduce((largest, { events }) => Math.max(largest, events), 1);
  return { heading: '', value: ({ events }) => bar(events / most), optional: 2 };
}
