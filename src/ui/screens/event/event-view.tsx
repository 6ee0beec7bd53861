import type { Child } from 'hono/jsx';
import type { EventHead, FoundEvent } from '../../../admin/find-event/find-event.js';
import { Facts } from '../../parts/facts.js';
import { Link } from '../../parts/href.js';
import { AggregateLink, CompareLink, EventLink } from '../../parts/id.js';
import { StoredBody } from '../../parts/stored-body.js';
import { Text } from '../../parts/text.js';
import { Time } from '../../parts/time.js';

/** One event: its place, its clock, the events next to it, its body and its metadata. */
export function EventView({ found }: { readonly found: FoundEvent }) {
  const { event, previous, next, before, after } = found;
  const { aggregateId, sequence, timestamp, type } = event;
  return (
    <>
      <Facts
        facts={[
          [
            'type',
            <strong>
              <Text value={type} />
            </strong>,
          ],
          [
            'aggregate',
            <>
              <Link class="id" href={`/aggregate/${aggregateId.hex}?at=${sequence}`}>
                {aggregateId.hex}
              </Link>{' '}
              <CompareLink id={aggregateId} />
            </>,
          ],
          ['sequence', String(sequence)],
          ['time', <Time at={timestamp.time} />],
          ['timestamp', <code>{timestamp.toString()}</code>],
          ['counter', String(timestamp.counter)],
          ['node id', <code>{timestamp.hex.slice(16).toUpperCase()}</code>],
        ]}
      />
      <nav class="neighbours" aria-label="Events next to it">
        <Facts
          facts={[
            ['before in its aggregate', neighbour(previous, event, 'it is the first')],
            ['after in its aggregate', neighbour(next, event, 'it is the last')],
            ['before in the log', neighbour(before, event, 'it is the first', true)],
            ['after in the log', neighbour(after, event, 'it is the last', true)],
          ]}
        />
      </nav>
      <h2>Body</h2>
      <StoredBody event={event} heading="h2" />
    </>
  );
}

function neighbour(head: EventHead | undefined, event: EventHead, none: string, isOther = false): Child {
  if (head === undefined) return <span class="none">{none}</span>;
  const of = head.timestamp.equals(event.timestamp) ? head.aggregateId : undefined;
  return (
    <>
      <EventLink timestamp={head.timestamp} of={of} text={`${head.sequence}`} />{' '}
      {isOther && (
        <>
          of <AggregateLink id={head.aggregateId} at={head.sequence} />{' '}
        </>
      )}
      <Text value={head.type} /> <Time at={head.timestamp.time} />
    </>
  );
}
