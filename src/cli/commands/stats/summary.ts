import {
  type LogStatistics,
  logStatistics,
  quarterHourStatistics,
} from '../../../admin/log-statistics/log-statistics.js';
import type { EventLog } from '../../../admin/log/event-log.js';
import { localTime } from '../../render/local-time.js';
import type { Output } from '../../output/output.js';
import { factTable } from '../../render/fact-table.js';
import { byteSize, counted, decimal } from '../../../text/figures.js';
import { FittedTable } from '../../render/fitted-table.js';
import type { Invocation } from '../../invocation.js';
import { byDay, type Day, dayColumns } from './days.js';

/** Number of days in the chart of the summary. */
const CHART_DAYS = 14;

/** Counts a log and prints the summary. */
export async function printSummary(log: EventLog, { output }: Invocation): Promise<void> {
  const summary = await logStatistics(log);
  const days = byDay(await quarterHourStatistics(log));
  await output.inForm({
    ids: () => output.lines(summary.longest, ({ aggregateId }) => aggregateId.hex),
    json: () => output.json(summaryJson(summary, days)),
    table: () => printTable(summary, days, output),
  });
}

async function printTable(summary: LogStatistics, days: readonly Day[], output: Output): Promise<void> {
  await output.line(factTable(summaryFacts(summary), output.style, output.columns));
  if (days.length === 0) return;
  const shown = days.slice(-CHART_DAYS);
  const chart = new FittedTable(dayColumns(shown), shown, output.columns, output.style);
  await output.line('');
  await output.line(chart.head);
  await output.lines(shown, (day) => chart.line(day));
  if (shown.length < days.length)
    await output.note(`these are the last ${CHART_DAYS} days with events; --by day counts all ${days.length}`);
}

function summaryFacts({ events, aggregates, snapshots, firstTime, lastTime, size, longest }: LogStatistics) {
  return [
    ['events', decimal(events)],
    ['aggregates', decimal(aggregates)],
    ['snapshots', decimal(snapshots)],
    ['first event', firstTime === undefined ? 'none' : localTime(firstTime)],
    ['last event', lastTime === undefined ? 'none' : localTime(lastTime)],
    ['event log', `${byteSize(size.log)}, indexes ${byteSize(size.indexes)}`],
    ['snapshots on disk', byteSize(size.snapshots)],
    ['commands on disk', byteSize(size.commands)],
    ...longest.map(
      ({ aggregateId, events: count }, index) =>
        [index === 0 ? 'longest aggregates' : '', `${aggregateId.hex}: ${counted(count, 'event')}`] as const,
    ),
  ] as const;
}

function summaryJson({ longest, firstTime, lastTime, ...others }: LogStatistics, days: readonly Day[]): object {
  return {
    ...others,
    firstTime: firstTime ?? null,
    lastTime: lastTime ?? null,
    longest: longest.map(({ aggregateId, events }) => ({ aggregateId: aggregateId.hex, events })),
    days,
  };
}
