import type { Context } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import type { UiApp, UiContext } from '../context.js';
import { page } from '../parts/page.js';
import { eventStream } from '../streams/event-stream.js';
import { streamPage } from '../streams/page-stream.js';
import { Seats } from '../streams/seats.js';
import { type SendLine, sendLines } from './run-lines.js';
import type { PlannedRun, RunWork } from './run.js';
import { RunForm, RunView } from './run-view.js';

/** Runs of one screen at the same time. */
const AT_ONCE = 2;

/** A screen with a run. */
export interface RunScreen {
  readonly path: string;
  readonly title: string;
  readonly about: JSX.Element;
  /** The words on the button that starts it. */
  readonly start: string;
  /** Reads the address. What is wrong with it stands in the fields. */
  readonly plan: (c: Context) => PlannedRun | Promise<PlannedRun>;
  /** Shown by the page instead of the form when there is nothing to run. */
  readonly instead?: JSX.Element;
}

/**
 * Registers a screen with a run, which begins only with its form: as a page that is sent while it is made, or as events for the
 * module of the page.
 */
export function registerRun(app: UiApp, ui: UiContext, screen: RunScreen): void {
  const { path, title, about, start, plan, instead } = screen;
  const seats = new Seats(AT_ONCE);
  const run = async (work: RunWork, send: SendLine, leaving: AbortSignal) => {
    if (!(await seats.during(() => sendLines(work, send, leaving)))) await send('outcome', <Full />);
  };
  app.get(path, async (c) => {
    const { fields, command, isWrong, work } = await plan(c);
    const shared = { title, current: path, command, scripts: ['run'] };
    const view = (cancelHref?: string) =>
      instead ?? <RunView path={path} about={about} start={start} fields={fields} cancelHref={cancelHref} />;
    if (isWrong) c.status(400);
    if (isWrong || work === undefined || c.req.query('run') !== '1') return page(c, ui, { ...shared, body: view() });
    const body = view(withoutRun(c, path));
    return streamPage(c, ui, { ...shared, body }, (send, leaving) => run(work, (_kind, line) => send(line), leaving));
  });
  app.get(`${path}/stream`, async (c) => {
    const { fields, isWrong, work } = await plan(c);
    if (work === undefined) return c.notFound();
    // A browser shows nothing of a stream that is refused, so what is wrong comes by the stream itself.
    const form = <RunForm path={path} start={start} fields={fields} />;
    if (isWrong) return eventStream(c, ui, (send) => send('refused', form));
    return eventStream(c, ui, (send, leaving) => run(work, send, leaving));
  });
}

function Full() {
  return <li class="outcome bad">{AT_ONCE} of these are under way already. Cancel one, or wait until it is done.</li>;
}

/** The address of the page that is asked for, without its run. */
function withoutRun(c: Context, path: string): string {
  const { searchParams } = new URL(c.req.url);
  searchParams.delete('run');
  return searchParams.size === 0 ? path : `${path}?${searchParams.toString()}`;
}
