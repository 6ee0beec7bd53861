import type { Context } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import type { UiContext } from '../context.js';
import type { PageOptions } from '../parts/layout.js';
import { htmlOf, pageHtml } from '../parts/page.js';
import { streamText } from './stream-text.js';

/** The place in a page at which elements appear as they come. Stored text can never look like it, because it is escaped. */
export function StreamedHere() {
  return <li class="streamed-here"></li>;
}

/** Answers with a whole page at once but for its end: elements appear in the place of {@link StreamedHere} as they come. */
export function streamPage(
  c: Context,
  ui: UiContext,
  options: PageOptions,
  work: (send: (element: JSX.Element) => Promise<void>, leaving: AbortSignal) => Promise<void>,
): Response {
  const [before = '', after = ''] = pageHtml(ui, options).split(htmlOf(ui, <StreamedHere />));
  return streamText(c, { 'content-type': 'text/html; charset=utf-8' }, async (send, leaving) => {
    await send(before);
    await work((element) => send(htmlOf(ui, element)), leaving);
    await send(after);
  });
}
