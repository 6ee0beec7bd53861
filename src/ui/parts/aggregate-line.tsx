import type { EventHead } from '../../admin/find-event/find-event.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { Link } from './href.js';
import { Text } from './text.js';
import { Time } from './time.js';

interface AggregateLineProps {
  readonly id: Timestamp;
  /** Its last event; absent for a snapshot without events. */
  readonly last: EventHead | undefined;
  /** The path of the page that choosing it leads to. */
  readonly href: string;
}

/** An aggregate that may be meant, with what tells it from others. */
export function AggregateLine({ id, last, href }: AggregateLineProps) {
  return (
    <>
      aggregate <Link href={href}>{id.hex}</Link>
      {last === undefined ? (
        ', a snapshot without events'
      ) : (
        <>
          , last event {last.sequence} <Text value={last.type} /> <Time at={last.timestamp.time} />
        </>
      )}
    </>
  );
}
