import type { UiApp, UiContext } from '../../context.js';
import { PageError } from '../../page-error.js';
import { page } from '../../parts/page.js';
import { eventStream } from '../../streams/event-stream.js';
import { Seats } from '../../streams/seats.js';
import { followLog } from './follow-log.js';
import { readLiveFilter } from './live-filter.js';
import { Ended } from './live-status.js';
import { liveTail } from './live-tail.js';
import { LiveForm, LiveView } from './live-view.js';

/** Live pages at the same time. A browser opens six connections to a server, of which others must be left for pages. */
const OPEN_PAGES = 4;

/** Registers the screen that shows new events as they come, as `maestro tail --follow` does. */
export function registerLive(app: UiApp, ui: UiContext): void {
  const seats = new Seats(OPEN_PAGES);
  app.get('/live', async (c) => {
    const read = await readLiveFilter(c, ui.log);
    const isPaused = c.req.query('paused') !== undefined;
    if (read.fault !== undefined) {
      c.status(400);
      return page(c, ui, { ...HEAD, body: <LiveForm read={read} isPaused={isPaused} /> });
    }
    const { filter } = read;
    const { aggregateId, types } = filter;
    const readAt = Date.now();
    const tail = liveTail(ui, filter);
    const events = await tail.last();
    return page(c, ui, {
      ...HEAD,
      scripts: ['live'],
      command: [
        'tail',
        '--follow',
        ...(aggregateId === undefined ? [] : [aggregateId.hex]),
        ...types.flatMap((type) => ['--type', type]),
      ],
      body: <LiveView {...{ read, events, isPaused, readAt }} isPartial={tail.isPartial} />,
    });
  });
  app.get('/live/stream', async (c) => {
    const { filter, fault } = await readLiveFilter(c, ui.log);
    if (fault !== undefined) throw new PageError(400, fault);
    return eventStream(c, ui, async (send, leaving) => {
      if (!(await seats.during(() => followLog(ui, filter, send, leaving)))) await send('ended', <Full />);
    });
  });
}

const HEAD = { title: 'Live', current: '/live' } as const;

function Full() {
  return <Ended message={`${OPEN_PAGES} live pages are open already. Close one of them, and go on here.`} />;
}
