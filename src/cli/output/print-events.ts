import type { StoredEvent } from '../../events.js';
import { eventJson } from '../../store/read/stored-json.js';
import { eventTable, eventTableHead, eventTableRow } from '../render/event-table.js';
import { chain, map, take } from './iterate.js';
import type { Output } from './output.js';

/** What is to be known about a list of events besides the events. */
interface ListOptions {
  /** Called before anything is printed when there is no event at all; may throw. */
  readonly whenNone?: () => Promise<unknown>;
  /** The events are of several aggregates, which a table then tells. @defaultValue false */
  readonly ofMany?: boolean;
  /** The ids that `--quiet` prints: the timestamps of the events, or the ids of their aggregates. @defaultValue 'events' */
  readonly quietIds?: 'events' | 'aggregates';
}

/** A table is laid out by this many events; the others follow in the same columns. */
const LAYOUT_EVENTS = 200;

/** Prints events in the form that was asked for, as they come. */
export async function printEvents(
  listed: AsyncIterable<StoredEvent>,
  output: Output,
  { whenNone, ofMany = false, quietIds = 'events' }: ListOptions = {},
): Promise<void> {
  const iterator = listed[Symbol.asyncIterator]();
  const first = await take(iterator, LAYOUT_EVENTS);
  if (first.length === 0) await whenNone?.();
  const events = chain(first, iterator);
  if (output.quiet)
    return await output.lines(events, ({ aggregateId, timestamp }) =>
      quietIds === 'aggregates' ? aggregateId.hex : timestamp.toString(),
    );
  if (output.format !== 'table') return await output.jsonItems(map(events, eventJson));
  if (first.length === 0 && whenNone !== undefined) return;
  const table = eventTable(first, output.columns, output.style, ofMany);
  await output.line(eventTableHead(table));
  await output.lines(events, (event) => eventTableRow(event, table));
}

/** So many ids are remembered; one that comes again after as many others is given again. */
const REMEMBERED = 100_000;

/** The first of the events of each aggregate. */
export async function* firstOfEach(events: AsyncIterable<StoredEvent>): AsyncGenerator<StoredEvent> {
  const seen = new Set<string>();
  for await (const event of events) {
    if (seen.has(event.aggregateId.hex)) continue;
    if (seen.size >= REMEMBERED) seen.clear();
    seen.add(event.aggregateId.hex);
    yield event;
  }
}
