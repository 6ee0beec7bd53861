import type { EventHead } from '../../../admin/find-event/find-event.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { decimal } from '../../../text/figures.js';
import { AggregateLink, EventLink } from '../../parts/id.js';
import { Table } from '../../parts/table.js';
import { Text } from '../../parts/text.js';

interface EventChoiceProps {
  readonly timestamp: Timestamp;
  readonly events: readonly EventHead[];
}

/** The events that share a timestamp, to choose one: in different partitions they can. */
export function EventChoice({ timestamp, events }: EventChoiceProps) {
  return (
    <>
      <p>
        {decimal(events.length)} events have the timestamp <code>{timestamp.toString()}</code>, each in the history of
        another aggregate:
      </p>
      <Table
        caption="Events with this timestamp"
        rows={events}
        columns={[
          {
            heading: 'Event',
            cell: ({ aggregateId, sequence }) => (
              <EventLink timestamp={timestamp} of={aggregateId} text={`event ${sequence}`} />
            ),
          },
          { heading: 'Type', cell: ({ type }) => <Text value={type} /> },
          {
            heading: 'Aggregate',
            cell: ({ aggregateId, sequence }) => <AggregateLink id={aggregateId} at={sequence} />,
          },
        ]}
      />
    </>
  );
}
