import {
  type AggregateStatistics,
  aggregateStatistics,
  type GroupStatistics,
  quarterHourStatistics,
  type TypeStatistics,
  typeStatistics,
} from '../../../admin/log-statistics/log-statistics.js';
import { type PartitionStatistics, partitionStatistics } from '../../../admin/log-statistics/partition-statistics.js';
import type { EventLog } from '../../../admin/log/event-log.js';
import { shortTime } from '../../render/local-time.js';
import { printRows } from '../../output/print-rows.js';
import { escapeText } from '../../../text/escape.js';
import { byteSize, decimal } from '../../../text/figures.js';
import type { Column } from '../../render/fitted-table.js';
import type { Invocation } from '../../invocation.js';
import { barColumn, byDay, type Day, dayColumns } from './days.js';
import type { Group } from './groups.js';

/** Functions that count a log by a group and print the counts; `limit` is for aggregates only. */
export const GROUPINGS: Readonly<
  Record<Group, (log: EventLog, invocation: Invocation, limit: number) => Promise<void>>
> = {
  async type(log, { output }) {
    const types = await typeStatistics(log);
    await printRows<TypeStatistics>(types, output, {
      id: ({ type }) => escapeText(type),
      json: ({ type, ...group }) => ({ type, ...group }),
      columns: [
        {
          heading: 'TYPE',
          value: ({ type }) => type,
          paint: (text, { type }) => output.style.type(text, type),
        },
        ...groupColumns,
        barColumn(types),
      ],
      whenNone: () => output.note('the log is empty'),
    });
  },
  async day(log, { output }) {
    const days = byDay(await quarterHourStatistics(log));
    await printRows<Day>(days, output, {
      id: ({ day }) => day,
      json: (day) => day,
      columns: dayColumns(days),
      whenNone: () => output.note('the log is empty'),
    });
  },
  async aggregate(log, { output }, limit) {
    await printRows<AggregateStatistics>(await aggregateStatistics(log, limit), output, {
      id: ({ aggregateId }) => aggregateId.hex,
      json: ({ aggregateId, ...group }) => ({ aggregateId: aggregateId.hex, ...group }),
      columns: [{ heading: 'AGGREGATE', value: ({ aggregateId }) => aggregateId.hex, isId: true }, ...groupColumns],
      whenNone: () => output.note('the log is empty'),
    });
  },
  async partition(log, { output }) {
    const partitions = await partitionStatistics(log);
    await printRows<PartitionStatistics>(partitions, output, {
      id: ({ partition }) => escapeText(partition),
      json: (partition) => partition,
      columns: [
        { heading: 'PARTITION', value: ({ partition }) => partition, least: 12 },
        ...(partitions.some(({ node }) => node !== undefined) ? [nodeColumn] : []),
        { heading: 'EVENTS', value: ({ events }) => decimal(events), align: 'right' },
        { heading: 'ROWS', value: ({ log }) => byteSize(log), align: 'right' },
        { heading: 'INDEXES', value: ({ indexes }) => byteSize(indexes), align: 'right' },
        barColumn(partitions),
      ],
    });
  },
};

const nodeColumn: Column<PartitionStatistics> = { heading: 'NODE', value: ({ node = '' }) => node, optional: 1 };

const groupColumns: readonly Column<GroupStatistics>[] = [
  { heading: 'EVENTS', value: ({ events }) => decimal(events), align: 'right' },
  { heading: 'BODIES', value: ({ bodies }) => byteSize(bodies), align: 'right', optional: 3 },
  { heading: 'FIRST', value: ({ firstTime }) => shortTime(firstTime), optional: 4 },
  { heading: 'LAST', value: ({ lastTime }) => shortTime(lastTime), optional: 1 },
];
