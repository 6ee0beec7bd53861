import { type Command, Option } from 'commander';
import type { EventLog } from '../../admin/event-log.js';
import type {
  AggregateStatistics,
  GroupStatistics,
  LogStatistics,
  PartitionStatistics,
  QuarterStatistics,
  TypeStatistics,
} from '../../admin/log-statistics.js';
import { limit } from '../arguments.js';
import type { CliContext } from '../context.js';
import { UsageError } from '../errors.js';
import { listed } from '../iterate.js';
import { printRows } from '../print-rows.js';
import { escapeText } from '../render/escape.js';
import { bar, byteSize, decimal } from '../render/figures.js';
import type { Column } from '../render/fitted-table.js';
import { createSession, type Session, withDatabase } from '../session.js';
import { localDay, localTime, shortTime } from '../time-argument.js';

type Grouping = 'type' | 'day' | 'aggregate' | 'partition';

interface StatsOptions {
  readonly by?: Grouping;
  readonly limit?: number;
}

interface Day {
  readonly day: string;
  readonly events: number;
}

/** How many of the last days the summary draws. */
const CHART_DAYS = 14;
/** How many aggregates are listed unless said otherwise. */
const AGGREGATES = 50;

/** Declares `maestro stats`. */
export function registerStats(program: Command, context: CliContext): void {
  program
    .command('stats')
    .summary('count the log: events, aggregates, sizes, types, days')
    .description(
      'Count the log: events, aggregates, snapshots, bytes on disk, the longest aggregates and the events of the last ' +
        'days. The database counts; it reads the whole log to do so.',
    )
    .addOption(
      new Option('--by <group>', 'count by type of event, local day, aggregate (longest first) or partition').choices([
        'type',
        'day',
        'aggregate',
        'partition',
      ]),
    )
    .option('--limit <count>', `with --by aggregate: at most this many (default: ${AGGREGATES})`, limit)
    .addHelpText(
      'after',
      `
Examples:
  $ maestro stats
  $ maestro stats --by day
  $ maestro stats --by aggregate --limit 10 -o ndjson`,
    )
    .action((options: StatsOptions, command: Command) => stats(options, createSession(context, command)));
}

async function stats({ by, limit }: StatsOptions, session: Session): Promise<void> {
  if (limit !== undefined && by !== 'aggregate')
    throw new UsageError('--limit is for --by aggregate; the other lists are short.');
  await withDatabase(session, async (database) => {
    session.output.progress.report('Counting, which reads the whole log');
    if (by === undefined) await printSummary(database, session);
    else await GROUPINGS[by](database, session, limit ?? AGGREGATES);
  });
}

const GROUPINGS: Readonly<Record<Grouping, (log: EventLog, session: Session, limit: number) => Promise<void>>> = {
  async type(log, { output }) {
    const { typeStatistics } = await import('../../admin/log-statistics.js');
    const types = await typeStatistics(log);
    await printRows<TypeStatistics>(listed(types), output, {
      id: ({ type }) => escapeText(type),
      json: ({ type, ...group }) => JSON.stringify({ type, ...group }),
      columns: [
        {
          heading: 'TYPE',
          value: ({ type }) => type,
          paint: (text, { type }) => output.style.type(text, type),
          least: 12,
        },
        ...groupColumns,
        barColumn(Math.max(...types.map(({ events }) => events))),
      ],
      whenNone: () => output.note('the log is empty'),
    });
  },
  async day(log, { output }) {
    const { quarterStatistics } = await import('../../admin/log-statistics.js');
    const days = byDay(await quarterStatistics(log));
    await printRows<Day>(listed(days), output, {
      id: ({ day }) => day,
      json: (day) => JSON.stringify(day),
      columns: dayColumns(days),
      whenNone: () => output.note('the log is empty'),
    });
  },
  async aggregate(log, { output }, limit) {
    const { aggregateStatistics } = await import('../../admin/log-statistics.js');
    await printRows<AggregateStatistics>(listed(await aggregateStatistics(log, limit)), output, {
      id: ({ aggregateId }) => aggregateId.hex,
      json: ({ aggregateId, ...group }) => JSON.stringify({ aggregateId: aggregateId.hex, ...group }),
      columns: [{ heading: 'AGGREGATE', value: ({ aggregateId }) => aggregateId.hex }, ...groupColumns],
      whenNone: () => output.note('the log is empty'),
    });
  },
  async partition(log, { output }) {
    const { partitionStatistics } = await import('../../admin/log-statistics.js');
    const partitions = await partitionStatistics(log);
    await printRows<PartitionStatistics>(listed(partitions), output, {
      id: ({ partition }) => escapeText(partition),
      json: (partition) => JSON.stringify(partition),
      columns: [
        { heading: 'PARTITION', value: ({ partition }) => partition, least: 12 },
        { heading: 'EVENTS', value: ({ events }) => decimal(events), align: 'right' },
        { heading: 'ROWS', value: ({ log }) => byteSize(log), align: 'right' },
        { heading: 'INDEXES', value: ({ indexes }) => byteSize(indexes), align: 'right' },
        barColumn(Math.max(...partitions.map(({ events }) => events))),
      ],
    });
  },
};

const groupColumns: readonly Column<GroupStatistics>[] = [
  { heading: 'EVENTS', value: ({ events }) => decimal(events), align: 'right' },
  { heading: 'BODIES', value: ({ bodies }) => byteSize(bodies), align: 'right', optional: 3 },
  { heading: 'FIRST', value: ({ firstTime }) => shortTime(firstTime), optional: 4 },
  { heading: 'LAST', value: ({ lastTime }) => shortTime(lastTime), optional: 1 },
];

/** The share of the largest, drawn. */
function barColumn(most: number): Column<{ readonly events: number }> {
  return { heading: '', value: ({ events }) => bar(events / most), optional: 2 };
}

function dayColumns(days: readonly Day[]): readonly Column<Day>[] {
  return [
    { heading: 'DAY', value: ({ day }) => day },
    { heading: 'EVENTS', value: ({ events }) => decimal(events), align: 'right' },
    barColumn(Math.max(...days.map(({ events }) => events))),
  ];
}

async function printSummary(log: EventLog, { output }: Session): Promise<void> {
  const { logStatistics, quarterStatistics } = await import('../../admin/log-statistics.js');
  const summary = await logStatistics(log);
  const days = byDay(await quarterStatistics(log));
  if (output.quiet) {
    for (const { aggregateId } of summary.longest) await output.line(aggregateId.hex);
    return;
  }
  if (output.format !== 'table') return await output.json(summaryJson(summary, days));
  const { factTable } = await import('../render/small-table.js');
  await output.line(factTable(summaryFacts(summary), output.style, output.columns));
  if (days.length === 0) return;
  const { FittedTable } = await import('../render/fitted-table.js');
  const shown = days.slice(-CHART_DAYS);
  const chart = new FittedTable(dayColumns(shown), shown, output.columns, output.style);
  await output.line('');
  await output.line(chart.head);
  for (const day of shown) await output.line(chart.line(day));
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
    ...longest.map(
      ({ aggregateId, events: count }, index) =>
        [index === 0 ? 'longest aggregates' : '', `${aggregateId.hex}: ${decimal(count)} events`] as const,
    ),
  ] as const;
}

function summaryJson({ longest, firstTime, lastTime, ...others }: LogStatistics, days: readonly Day[]): string {
  return JSON.stringify({
    ...others,
    firstTime: firstTime ?? null,
    lastTime: lastTime ?? null,
    longest: longest.map(({ aggregateId, events }) => ({ aggregateId: aggregateId.hex, events })),
    days,
  });
}

/** The events by local day; days without events are left out. */
function byDay(quarters: readonly QuarterStatistics[]): Day[] {
  const days = new Map<string, number>();
  for (const { time, events } of quarters) days.set(localDay(time), (days.get(localDay(time)) ?? 0) + events);
  return [...days].map(([day, events]) => ({ day, events }));
}
