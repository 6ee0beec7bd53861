import { missingText } from '../../../text/missing-text.js';
import { Facts } from '../../parts/facts.js';
import { EventLink } from '../../parts/id.js';
import { StoredBody } from '../../parts/stored-body.js';
import { Text } from '../../parts/text.js';
import { Time } from '../../parts/time.js';
import type { Moment } from './moment.js';

/** The event that is shown. */
export function EventPane({ moment }: { readonly moment: Moment }) {
  return (
    <section class="pane event" aria-labelledby="event-heading">
      <h2 id="event-heading">Event</h2>
      <EventFacts moment={moment} />
    </section>
  );
}

function EventFacts({ moment: { event, frame, heads } }: { readonly moment: Moment }) {
  if (event === undefined)
    return <p class="empty">Before the first event there is only the initial state. Step to the next one.</p>;
  const { sequence, type, timestamp } = event;
  const gapAfter = frame?.step?.gapAfter;
  const before = heads.find((head) => head.sequence === sequence - 1);
  return (
    <>
      {gapAfter !== undefined && <p class="note gap">{`Before it, ${missingText(gapAfter, sequence)}.`}</p>}
      {before !== undefined && timestamp.compare(before.timestamp) < 0 && (
        <p class="note clock">{`Its timestamp is earlier than that of event ${before.sequence}: a clock was wrong.`}</p>
      )}
      <Facts
        facts={[
          [
            'type',
            <strong>
              <Text value={type} />
            </strong>,
          ],
          ['sequence', String(sequence)],
          ['time', <Time at={timestamp.time} />],
          ['timestamp', <EventLink timestamp={timestamp} />],
        ]}
      />
      <StoredBody event={event} heading="h3" />
    </>
  );
}
