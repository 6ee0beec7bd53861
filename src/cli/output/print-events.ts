import type { StoredEvent } from '../../events.js';
import { textApart } from '../../store/event-metadata.js';
import { eventJsonApart } from '../../store/read/stored-json.js';
import { eventTable, eventTableHead, eventTableRow } from '../render/event-table.js';
import type { Items } from './iterate.js';
import type { Output } from './output.js';
import { type ListReport, type ListTable, printList } from './print-list.js';

/** Options for printing events. */
interface EventListOptions extends Pick<ListReport<StoredEvent>, 'whenNone'>, EventTableOptions {
  /** Output of `--quiet`: timestamps of events, or ids of aggregates. @defaultValue 'events' */
  readonly quietIds?: 'events' | 'aggregates';
}

/** Options for a table of events. */
interface EventTableOptions {
  /** The events are of several aggregates, so that a table shows their ids. @defaultValue false */
  readonly ofMany?: boolean;
  /** A table shows metadata. @defaultValue false */
  readonly metadata?: boolean | undefined;
}

/** The lines of events, each of which can be printed at once. */
export interface EventLines extends ListTable<StoredEvent> {
  /** True once an event had metadata that is not shown; see {@link HIDDEN_METADATA}. */
  readonly hidesMetadata?: () => boolean;
}

/** The note about metadata that a table does not show. */
export const HIDDEN_METADATA = 'some of these events have metadata: --metadata shows it';

/** Prints events as they come, in the requested form. */
export async function printEvents(
  events: Items<StoredEvent>,
  output: Output,
  { whenNone, quietIds = 'events', ...options }: EventListOptions = {},
): Promise<void> {
  let table: EventLines | undefined;
  await printList(events, output, {
    id: ({ aggregateId, timestamp }) => (quietIds === 'aggregates' ? aggregateId.hex : timestamp.toString()),
    json: eventJsonApart,
    table: (first) => (table = tableOf(first, output, options)),
    whenNone,
  });
  if (table?.hidesMetadata?.() === true) await output.note(HIDDEN_METADATA);
}

/**
 * The lines of events in the form that was asked for, each of which can be printed at once; a table is laid out by the first
 * events.
 */
export async function eventLines(
  first: readonly StoredEvent[],
  output: Output,
  options: EventTableOptions,
): Promise<EventLines> {
  return await output.inForm<EventLines>({
    ids: () => ({ line: ({ timestamp }) => timestamp.toString() }),
    json: () => ({ line: (event) => output.safeJson(eventJsonApart(event)) }),
    table: () => tableOf(first, output, options),
  });
}

function tableOf(
  first: readonly StoredEvent[],
  output: Output,
  { ofMany = false, metadata: isShown = false }: EventTableOptions,
): EventLines {
  let isHidden = false;
  const shown = (event: StoredEvent) => ({ ...event, ...textApart(event.body) });
  const table = eventTable(first.map(shown), output.columns, output.style, ofMany, isShown);
  return {
    head: eventTableHead(table),
    line: (stored) => {
      const event = shown(stored);
      isHidden ||= !isShown && event.metadata !== undefined;
      return eventTableRow(event, table);
    },
    hidesMetadata: () => isHidden,
  };
}
