import { findEvent, neighbours } from '../../../admin/find-event/find-event.js';
import { Timestamp } from '../../../hlc/timestamp.js';
import type { UiApp, UiContext } from '../../context.js';
import { PageError } from '../../page-error.js';
import { page } from '../../parts/page.js';
import { EventView } from './event-view.js';

/** Registers the screen of one event. */
export function registerEvent(app: UiApp, ui: UiContext): void {
  app.get('/event/:timestamp', async (c) => {
    const timestamp = Timestamp.parse(c.req.param('timestamp'));
    const found = await findEvent(ui.log, timestamp);
    if (found === undefined) throw await noSuchEvent(ui, timestamp);
    return page(c, ui, {
      title: `Event ${found.event.sequence}`,
      command: ['event', timestamp.toString()],
      body: <EventView found={found} />,
    });
  });
}

async function noSuchEvent(ui: UiContext, timestamp: Timestamp): Promise<PageError> {
  const { before, after } = await neighbours(ui.log, { timestamp });
  const nearest = [before, after].flatMap((head) => (head === undefined ? [] : [`\`${head.timestamp.toString()}\``]));
  return new PageError(404, `There is no event with the timestamp ${timestamp.toString()}.`, {
    hint:
      nearest.length === 0
        ? 'The log has no events at all: is this the database that you mean, and its schema?'
        : `The nearest ${nearest.length === 1 ? 'is' : 'are'} ${nearest.join(' and ')}. If it is the id of an aggregate, write it into the box.`,
  });
}
