import { findEvent, findEventAt, type FoundEvent, headsWithTimestamp } from '../../../admin/find-event/find-event.js';
import { Timestamp } from '../../../hlc/timestamp.js';
import type { UiApp, UiContext } from '../../context.js';
import { page } from '../../parts/page.js';
import { EventChoice } from './event-choice.js';
import { EventView } from './event-view.js';
import { noSuchEvent, notOfAggregate } from './no-event.js';

/** Most events with the same timestamp: each is in another partition. */
const MOST_ALIKE = 1000;

/** Registers the screen of one event. */
export function registerEvent(app: UiApp, ui: UiContext): void {
  app.get('/event/:timestamp', async (c) => {
    const timestamp = Timestamp.parse(c.req.param('timestamp'));
    const of = c.req.query('aggregate');
    const aggregateId = of === undefined ? undefined : Timestamp.parse(of);
    const first = await findEvent(ui.log, timestamp);
    if (first === undefined) throw await noSuchEvent(ui, timestamp);
    const isShared = first.after?.timestamp.equals(timestamp) === true;
    if (isShared && aggregateId === undefined) {
      const events = await headsWithTimestamp(ui.log, timestamp, MOST_ALIKE);
      return page(c, ui, { title: 'Several events', body: <EventChoice timestamp={timestamp} events={events} /> });
    }
    const found = aggregateId === undefined ? first : await eventOf(ui, first, aggregateId);
    return page(c, ui, {
      title: `Event ${found.event.sequence}`,
      command: [
        'event',
        ...(isShared ? [found.event.aggregateId.hex, String(found.event.sequence)] : [timestamp.toString()]),
      ],
      body: <EventView found={found} />,
    });
  });
}

/** The event of an aggregate that shares its timestamp with another one. */
async function eventOf(ui: UiContext, first: FoundEvent, aggregateId: Timestamp): Promise<FoundEvent> {
  if (first.event.aggregateId.equals(aggregateId)) return first;
  const heads = await headsWithTimestamp(ui.log, first.event.timestamp, MOST_ALIKE);
  const head = heads.find((each) => each.aggregateId.equals(aggregateId));
  const found = head === undefined ? undefined : await findEventAt(ui.log, head);
  if (found === undefined) throw notOfAggregate(first.event.timestamp, aggregateId, heads);
  return found;
}
