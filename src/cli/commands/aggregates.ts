import { type Command, Option } from 'commander';
import type { AggregateOrder, AggregateSummary } from '../../admin/list-aggregates/summary.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { limit } from '../input/arguments.js';
import type { CliContext } from '../context.js';
import { assertOrder, type FilterOptions, sinceOption, TYPE, untilOption } from '../input/filter-options.js';
import { configuredAggregate } from '../fold/choose-aggregate.js';
import { KIND, kindOf, ofKind } from '../input/kind-option.js';
import { NODE } from '../input/node-id.js';
import { each, upTo } from '../output/iterate.js';
import { noteEmptyLog, warnOfUnknownTypes } from '../output/output-hints.js';
import { printRows } from '../output/print-rows.js';
import { createSession, type Session, withDatabase } from '../session.js';
import { shortTime } from '../input/time-argument.js';

interface AggregatesOptions extends FilterOptions {
  readonly withSnapshot?: boolean;
  readonly sort: AggregateOrder;
  readonly limit: number;
  readonly after?: string;
  readonly node?: bigint;
  readonly aggregate?: string;
}

/** Declares `maestro aggregates`. */
export function registerAggregates(program: Command, context: CliContext): void {
  program
    .command('aggregates')
    .summary('list the aggregates of the log')
    .description(
      'List the aggregates of the log: how many events, the times of the first and the last, the type of the last, the ' +
        'sequence of the snapshot. With several filters, one event must satisfy all of them. Listing by id or by last ' +
        'event follows an index. --sort events counts the whole log; --type reads all events, or those of the time given.',
    )
    .option(...TYPE)
    .option(...sinceOption(context))
    .option(...untilOption(context))
    .option(...KIND)
    .option(...NODE)
    .option('--with-snapshot', 'only aggregates that have a snapshot')
    .addOption(
      new Option('--sort <order>', 'by id, by number of events (most first) or by last event (latest first)')
        .choices(['id', 'events', 'last'])
        .default('id'),
    )
    .option('--limit <count>', 'at most this many', limit, 50)
    .option('--after <cursor>', 'go on where a page ended, with the cursor that it named')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro aggregates --sort last --limit 10
  $ maestro aggregates --since "yesterday 14:00" --until "yesterday 15:00" --type withdrawn
  $ maestro aggregates --with-snapshot --limit 100000 -q | xargs -n 1 maestro snapshot get`,
    )
    .action((options: AggregatesOptions, command: Command) => aggregates(options, createSession(context, command)));
}

async function aggregates(options: AggregatesOptions, session: Session): Promise<void> {
  const { output } = session;
  const { limit, sort, type: types, since, until, withSnapshot, after, node, aggregate } = options;
  const kind = aggregate === undefined ? undefined : kindOf(await configuredAggregate(session, aggregate));
  assertOrder(options);
  const [{ aggregateCursor }, { listAggregates }] = await Promise.all([
    import('../../admin/list-aggregates/cursor.js'),
    import('../../admin/list-aggregates/list-aggregates.js'),
  ]);
  await withDatabase(session, async (database) => {
    let cursor: string | undefined;
    const isExact = kind === undefined || 'firstTypes' in kind;
    const firstTypes = kind !== undefined && 'firstTypes' in kind ? kind.firstTypes : undefined;
    const filter = { since, until, withSnapshot, after, sort, types, node, firstTypes };
    const listed = listAggregates(database, { ...filter, limit: isExact ? limit + 1 : undefined });
    let isFound = false;
    const found = each(ofKind(listed, kind, database.store), () => (isFound = true));
    const page = upTo(found, limit, (last) => (cursor = aggregateCursor(last, sort)));
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

function summaryJson({ aggregateId, events, sequence, first, last, type, snapshot }: AggregateSummary): string {
  return JSON.stringify({
    aggregateId: aggregateId.hex,
    events,
    sequence,
    first,
    last,
    type,
    snapshot: snapshot ?? null,
  });
}
