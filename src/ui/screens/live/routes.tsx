import { isTransient } from '../../../store/failures/database-errors.js';
import { counted } from '../../../text/figures.js';
import type { UiApp, UiContext } from '../../context.js';
import { errorFacts } from '../../errors.js';
import { similarTypes } from '../../input/similar-types.js';
import { PageError } from '../../page-error.js';
import { page } from '../../parts/page.js';
import { eventStream } from '../../streams/event-stream.js';
import { Seats } from '../../streams/seats.js';
import { followLog } from './follow-log.js';
import { readLiveFilter } from './live-filter.js';
import { Ended } from './live-status.js';
import { liveTail } from './live-tail.js';
import { LiveForm, LiveView } from './live-view.js';

/** Registers the screen that shows new events as they come, as `maestro tail --follow` does. */
export function registerLive(app: UiApp, ui: UiContext): void {
  const seats = new Seats(ui.livePages);
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
    const events = await tail.last().catch(lostDatabase);
    const isNothing = !('message' in events) && events.length === 0;
    const similar = isNothing ? await similarTypes(ui, types) : [];
    const lost = 'message' in events ? events.message : undefined;
    if (lost !== undefined) c.status(503);
    return page(c, ui, {
      ...HEAD,
      scripts: ['live'],
      command: [
        'tail',
        '--follow',
        ...(aggregateId === undefined ? [] : [aggregateId.hex]),
        ...types.flatMap((type) => ['--type', type]),
      ],
      body: (
        <LiveView
          {...{ read, isPaused, readAt, lost, similar }}
          events={'message' in events ? [] : events}
          isPartial={tail.isPartial}
          isHeld={ui.embedded}
        />
      ),
    });
  });
  app.get('/live/stream', async (c) => {
    const { filter, fault } = await readLiveFilter(c, ui.log);
    if (fault !== undefined) throw new PageError(400, fault);
    return eventStream(c, ui, async (send, leaving) => {
      if (!(await seats.during(() => followLog(ui, filter, send, leaving))))
        await send('ended', <Full most={ui.livePages} />);
    });
  });
}

/** The words for a database that is away for a time: the page is there nevertheless, and by script tries again. */
function lostDatabase(error: unknown): { readonly message: string } {
  if (!isTransient(error)) throw error;
  return { message: errorFacts(error).message };
}

const HEAD = { title: 'Live', current: '/live' } as const;

function Full({ most }: { readonly most: number }) {
  return (
    <Ended
      message={`New events are shown in ${counted(most, 'page')} already, here or with other readers, and no more can be served at once. Close one of them and go on here, or follow the log in a terminal: the command is at the foot of this page.`}
    />
  );
}
