import type { Context } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { UiContext } from '../context.js';
import { IsHeldProvider } from './copy-command.js';
import { BaseProvider } from './href.js';
import { Layout, type PageOptions } from './layout.js';

/** Answers with a whole page. */
export function page(c: Context, ui: UiContext, options: PageOptions): Response {
  return answer(c, pageHtml(ui, options));
}

/** Answers with one element of a page, which has the name of the part as its id. */
export function fragment(c: Context, ui: UiContext, element: JSX.Element): Response {
  return answer(c, htmlOf(ui, element));
}

/** The text of a whole page. */
export function pageHtml(ui: UiContext, options: PageOptions): string {
  return `<!doctype html>${htmlOf(ui, <Layout ui={ui} {...options} />)}`;
}

/** The text of an element, with addresses that begin with the base of the application. */
export function htmlOf(ui: UiContext, element: JSX.Element): string {
  // A string with what it was made of, because no component waits for anything.
  const html = (
    <BaseProvider value={ui.base}>
      <IsHeldProvider value={ui.embedded}>{element}</IsHeldProvider>
    </BaseProvider>
  ) as HtmlEscapedString;
  return html.toString();
}

/** The name of the part of a page that is asked for; `undefined` for the whole page. */
export function partOf(c: Context): string | undefined {
  const part = c.req.query('part');
  return part !== undefined && /^[a-z][a-z-]*$/.test(part) ? part : undefined;
}

function answer(c: Context, html: string): Response {
  return c.body(html, { headers: { 'content-type': 'text/html; charset=utf-8' } });
}
