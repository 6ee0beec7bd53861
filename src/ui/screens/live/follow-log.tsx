import { behindText } from '../../../admin/tail-events/behind-text.js';
import { isTransient } from '../../../store/failures/database-errors.js';
import type { UiContext } from '../../context.js';
import { errorFacts } from '../../errors.js';
import type { SendElement } from '../../streams/event-stream.js';
import type { LiveFilter } from './live-filter.js';
import { LiveRows } from './live-rows.js';
import { Ended, Following, Lost, Warned } from './live-status.js';
import { liveTail } from './live-tail.js';

/** Milliseconds between two looks for new events. The embedded engine does one thing at a time, so it is asked less often. */
const INTERVAL = { server: 1000, embedded: 2000 };

/**
 * Sends the last events, and then every new one: `last`, `event`; `status` when the database is lost or back, and `warning`. With
 * `ended` no further one comes. A page that asks again, after this process was lost, begins with the last events again.
 */
export async function followLog(
  ui: UiContext,
  filter: LiveFilter,
  send: SendElement,
  leaving: AbortSignal,
): Promise<void> {
  // Whoever left the page is noticed by what is sent next.
  const tell = (...[name, element]: Parameters<SendElement>) => void send(name, element).catch(() => {});
  const tail = liveTail(ui, filter, {
    interval: ui.embedded ? INTERVAL.embedded : INTERVAL.server,
    signal: leaving,
    onLost: (error) => tell('status', <Lost message={errorFacts(error).message} />),
    onBack: () => tell('status', <Following />),
    onBehind: (nodes) => tell('warning', <Warned message={behindText(nodes)} />),
  });
  try {
    await send('last', <LiveRows events={await tail.last()} />);
    await send('status', <Following />);
    for await (const event of tail.follow()) await send('event', <LiveRows events={[event]} />);
  } catch (error) {
    if (leaving.aborted) return;
    const { message } = errorFacts(error);
    // The browser asks again by itself when the stream just ends.
    if (isTransient(error)) await send('status', <Lost message={message} />);
    else await send('ended', <Ended message={message} />);
  }
}
