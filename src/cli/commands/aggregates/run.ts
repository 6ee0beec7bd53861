import { aggregateCursor } from '../../../admin/list-aggregates/cursor.js';
import { listAggregates } from '../../../admin/list-aggregates/list-aggregates.js';
import type { AggregateOrder, AggregateSummary } from '../../../admin/list-aggregates/summary.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { kindOf, ofKind } from '../../fold/aggregate-kind.js';
import { configuredAggregate } from '../../fold/choose-aggregate.js';
import { assertOrder, type FilterOptions } from '../../input/filter-options.js';
import { shortTime } from '../../render/local-time.js';
import { limitTo, tap } from '../../output/iterate.js';
import { noteEmptyLog } from '../../output/notes/other-schemas.js';
import { warnOfUnknownTypes } from '../../output/notes/unknown-types.js';
import { printRows } from '../../output/print-rows.js';
import { withDatabase } from '../../database/with-database.js';
import type { Invocation } from '../../invocation.js';

/** The options of `maestro aggregates`. */
export interface AggregatesCommandOptions extends FilterOptions {
  readonly withSnapshot?: boolean;
  readonly sort: AggregateOrder;
  readonly limit: number;
  readonly after?: string;
  readonly node?: bigint;
  readonly aggregate?: string;
}

/** Lists the aggregates of the log. */
export async function run(options: AggregatesCommandOptions, invocation: Invocation): Promise<void> {
  const { output } = invocation;
  const { limit, sort, type: types, since, until, withSnapshot, after, node, aggregate } = options;
  const kind = aggregate === undefined ? undefined : kindOf(await configuredAggregate(invocation, aggregate));
  assertOrder(options);
  await withDatabase(invocation, async (database) => {
    let cursor: string | undefined;
    const isExact = kind === undefined || 'firstTypes' in kind;
    const firstTypes = kind !== undefined && 'firstTypes' in kind ? kind.firstTypes : undefined;
    const filter = { since, until, withSnapshot, after, sort, types, node, firstTypes };
    const listed = listAggregates(database, { ...filter, limit: isExact ? limit + 1 : undefined });
    let isFound = false;
    const found = tap(ofKind(listed, kind, database.store), () => (isFound = true));
    const page = limitTo(found, limit, (last) => (cursor = aggregateCursor(last, sort)));
    const { style, columns } = output;
    const shown = (timestamp: Timestamp) => (columns === undefined ? timestamp.toString() : shortTime(timestamp.time));
    await printRows<AggregateSummary>(page, output, {
      id: ({ aggregateId }) => aggregateId.hex,
      json: summaryJson,
      columns: [
        { heading: 'AGGREGATE', value: ({ aggregateId }) => aggregateId.hex, isId: true },
        { heading: 'EVENTS', value: ({ events }) => String(events), align: 'right' },
        {
          heading: 'FIRST',
          value: ({ first }) => shown(first),
          paint: (text) => style.faint(text),
          optional: 2,
        },
        { heading: 'LAST', value: ({ last }) => shown(last), paint: (text) => style.faint(text) },
        {
          heading: 'LAST TYPE',
          value: ({ type }) => type,
          paint: (text, { type }) => style.type(text, type),
          least: 12,
        },
        { heading: 'SNAPSHOT', value: ({ snapshot }) => String(snapshot ?? ''), align: 'right', optional: 1 },
      ],
      whenNone: async () => {
        await warnOfUnknownTypes(database, types, new Set(), output);
        await output.note('no aggregate was found');
        await noteEmptyLog(database, output);
      },
    });
    // Of one type alone, whatever was found has an event.
    if (isFound && (types ?? []).length > 1) await warnOfUnknownTypes(database, types, new Set(), output);
    if (cursor !== undefined) await output.note(`there are more: add --after ${cursor}, or a larger --limit`);
  });
}

function summaryJson({ aggregateId, events, sequence, first, last, type, snapshot }: AggregateSummary): object {
  return {
    aggregateId: aggregateId.hex,
    events,
    sequence,
    first,
    last,
    type,
    snapshot: snapshot ?? null,
  };
}
