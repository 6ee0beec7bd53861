import type { StoredEvent } from '../../events.js';
import { eventJson } from '../../store/read/stored-json.js';
import { eventTable, eventTableHead, eventTableRow } from '../render/event-table.js';
import type { Items } from './iterate.js';
import type { Output } from './output.js';
import { type ListReport, type ListTable, printList } from './print-list.js';

/** Options for printing events. */
interface EventListOptions extends Pick<ListReport<StoredEvent>, 'whenNone'> {
  /** The events are of several aggregates, so that a table shows their ids. @defaultValue false */
  readonly ofMany?: boolean;
  /** Output of `--quiet`: timestamps of events, or ids of aggregates. @defaultValue 'events' */
  readonly quietIds?: 'events' | 'aggregates';
}

/** Prints events as they come, in the requested form. */
export async function printEvents(
  events: Items<StoredEvent>,
  output: Output,
  { whenNone, ofMany = false, quietIds = 'events' }: EventListOptions = {},
): Promise<void> {
  await printList(events, output, {
    id: ({ aggregateId, timestamp }) => (quietIds === 'aggregates' ? aggregateId.hex : timestamp.toString()),
    json: eventJson,
    table: (first) => tableOf(first, output, ofMany),
    whenNone,
  });
}

/**
 * The lines of events in the form that was asked for, each of which can be printed at once; a table is laid out by the first
 * events.
 */
export async function eventLines(
  first: readonly StoredEvent[],
  output: Output,
  ofMany: boolean,
): Promise<ListTable<StoredEvent>> {
  return await output.inForm<ListTable<StoredEvent>>({
    ids: () => ({ line: ({ timestamp }) => timestamp.toString() }),
    json: () => ({ line: (event) => output.safeJson(eventJson(event)) }),
    table: () => tableOf(first, output, ofMany),
  });
}

function tableOf(first: readonly StoredEvent[], output: Output, ofMany: boolean): ListTable<StoredEvent> {
  const table = eventTable(first, output.columns, output.style, ofMany);
  return { head: eventTableHead(table), line: (event) => eventTableRow(event, table) };
}
