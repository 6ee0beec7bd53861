import { type LogPosition, positionText } from '../../../admin/log/log-position.js';
import { estimateSearch } from '../../../admin/search-events/estimate-search.js';
import { searchEvents } from '../../../admin/search-events/search-events.js';
import type { StoredEvent } from '../../../events.js';
import { kindOf, ofKind } from '../../fold/aggregate-kind.js';
import { configuredAggregate } from '../../fold/choose-aggregate.js';
import { assertOrder, type FilterOptions } from '../../input/filter-options.js';
import { firstOfEach } from './first-of-each.js';
import { limitTo, tap } from '../../output/iterate.js';
import { noteMissingIndex } from '../../output/notes/missing-index.js';
import { noteEmptyLog } from '../../output/notes/other-schemas.js';
import { warnOfUnknownTypes } from '../../output/notes/unknown-types.js';
import type { Output } from '../../output/output.js';
import { printEvents } from '../../output/print-events.js';
import { withDatabase } from '../../database/with-database.js';
import type { Database } from '../../../connection/database.js';
import { shellWord } from '../../../text/shell-word.js';
import type { Invocation } from '../../invocation.js';

/** The options of `maestro search`. */
export interface SearchOptions extends FilterOptions {
  readonly where?: string;
  readonly text?: string;
  readonly node?: bigint;
  readonly aggregate?: string;
  readonly after?: LogPosition;
  readonly reverse?: boolean;
  readonly metadata?: boolean;
  readonly limit: number;
}

/** Lists the events that were searched for. */
export async function run(options: SearchOptions, invocation: Invocation): Promise<void> {
  const { type: types, limit, aggregate, ...others } = options;
  assertOrder(options);
  const kind = aggregate === undefined ? undefined : kindOf(await configuredAggregate(invocation, aggregate));
  await withDatabase(invocation, async (database) => {
    let cursor: string | undefined;
    const { output } = invocation;
    const isExact = output.form !== 'ids' && (kind === undefined || 'firstTypes' in kind);
    const filter = { ...pick(others), types, ...(kind !== undefined && 'firstTypes' in kind ? kind : {}) };
    const found = searchEvents(database, { ...filter, limit: isExact ? limit + 1 : undefined });
    await noteReadingAll(database, others, output);
    const seen = new Set<string>();
    const events = tap(ofKind(found, kind, database.store), ({ type }) => seen.add(type));
    const page = limitTo(
      output.form === 'ids' ? firstOfEach(events) : events,
      limit,
      (last, next) => (cursor = cursorBetween(last, next)),
    );
    await printEvents(page, output, {
      ofMany: true,
      metadata: options.metadata,
      quietIds: 'aggregates',
      whenNone: async () => {
        await warnOfUnknownTypes(database, types, seen, output);
        await output.note('no event was found');
        await noteEmptyLog(database, output);
      },
    });
    if (seen.size > 0) await warnOfUnknownTypes(database, types, seen, output);
    if (cursor === undefined) return;
    if (output.form === 'ids') await output.warn('There are more aggregates: give a larger --limit.');
    else await output.note(`there are more: add --after ${cursor}, or a larger --limit`);
  });
}

async function noteReadingAll(database: Database, search: Omit<SearchOptions, 'limit'>, output: Output): Promise<void> {
  if (search.where === undefined) return;
  const { events, index } = await estimateSearch(database, search);
  const helpful = index && {
    on: index.path,
    state: index.state,
    command: `maestro migrate index add --where ${shellWord(index.path)}`,
  };
  await noteMissingIndex({ events, read: 'at most are read' }, helpful, output);
}

function pick({ since, until, where, text, node, after, reverse }: Omit<SearchOptions, 'type' | 'limit'>) {
  return { since, until, where, text, node, after, reverse };
}

/** The cursor of the next page. It has the aggregate only where events of different partitions share a timestamp. */
function cursorBetween({ timestamp, aggregateId }: StoredEvent, next: StoredEvent): string {
  return positionText(next.timestamp.compare(timestamp) === 0 ? { timestamp, aggregateId } : { timestamp });
}
