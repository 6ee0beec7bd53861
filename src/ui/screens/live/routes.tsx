import { Tail } from '../../../admin/tail-events/tail-events.js';
import type { UiApp, UiContext } from '../../context.js';
import { page } from '../../parts/page.js';
import { eventStream } from '../../streams/event-stream.js';
import { Seats } from '../../streams/seats.js';
import { followLog, LAST_EVENTS } from './follow-log.js';
import { readLiveFilter } from './live-filter.js';
import { Ended } from './live-status.js';
import { LiveView } from './live-view.js';

/** Live pages at the same time. A browser opens six connections to a server, of which others must be left for pages. */
const OPEN_PAGES = 4;

/** Registers the screen that shows new events as they come, as `maestro tail --follow` does. */
export function registerLive(app: UiApp, ui: UiContext): void {
  const seats = new Seats(OPEN_PAGES);
  app.get('/live', async (c) => {
    const filter = readLiveFilter(c);
    const { aggregateId, types } = filter;
    const readAt = Date.now();
    const tail = new Tail((work) => work(ui.log), {
      aggregateId,
      types: types.length === 0 ? undefined : types,
      lines: LAST_EVENTS,
    });
    const events = await tail.last();
    const isPaused = c.req.query('paused') !== undefined;
    return page(c, ui, {
      title: 'Live',
      current: '/live',
      scripts: ['live'],
      command: [
        'tail',
        '--follow',
        ...(aggregateId === undefined ? [] : [aggregateId.hex]),
        ...types.flatMap((type) => ['--type', type]),
      ],
      body: <LiveView filter={filter} events={events} isPaused={isPaused} readAt={readAt} />,
    });
  });
  app.get('/live/stream', (c) => {
    const filter = readLiveFilter(c);
    return eventStream(c, ui, async (send, leaving) => {
      if (!(await seats.during(() => followLog(ui, filter, send, leaving)))) await send('ended', <Full />);
    });
  });
}

function Full() {
  return <Ended message={`${OPEN_PAGES} live pages are open already. Close one of them, and go on here.`} />;
}
