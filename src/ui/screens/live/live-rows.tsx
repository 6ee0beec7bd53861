import type { StoredEvent } from '../../../events.js';
import { textApart } from '../../../store/event-metadata.js';
import { escapeJson } from '../../../text/escape.js';
import { AggregateLink, EventLink } from '../../parts/id.js';
import { type Column, TableRows } from '../../parts/table.js';
import { Text } from '../../parts/text.js';
import { Time } from '../../parts/time.js';

/** Characters of a body that a row shows. */
const SHOWN_BODY = 160;

/** The columns of the table of events. */
export const LIVE_COLUMNS: readonly Column<StoredEvent>[] = [
  { heading: 'Time', cell: ({ timestamp }) => <Time at={timestamp.time} /> },
  { heading: 'Aggregate', cell: ({ aggregateId, sequence }) => <AggregateLink id={aggregateId} at={sequence} /> },
  {
    heading: 'Event',
    cell: ({ timestamp, sequence }) => <EventLink timestamp={timestamp} text={String(sequence)} />,
    numeric: true,
  },
  { heading: 'Type', cell: ({ type }) => <Text value={type} /> },
  { heading: 'Body', cell: ({ body }) => <code>{beginning(body)}</code>, optional: true },
];

/** Rows for events in the order in which they came: the newest is first. */
export function LiveRows({ events }: { readonly events: readonly StoredEvent[] }) {
  return <TableRows rows={events.toReversed()} columns={LIVE_COLUMNS} />;
}

function beginning(stored: string): string {
  const { body } = textApart(stored);
  return escapeJson(body.length > SHOWN_BODY ? `${body.slice(0, SHOWN_BODY)}…` : body);
}
