import type { Context } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import type { UiContext } from '../context.js';
import { htmlOf } from '../parts/page.js';
import { streamText } from './stream-text.js';

/** Sends an element to the module of a page, which puts it in its place by the name. */
export type SendElement = (name: string, element: JSX.Element) => Promise<void>;

/** Time between two comments that keep proxies from closing a stream on which nothing happens, in milliseconds. */
const KEEP_ALIVE = 15_000;

/** Options of {@link eventStream}. */
export interface EventStreamOptions {
  /** Time between two comments, in milliseconds. @defaultValue 15000 */
  readonly keepAlive?: number;
}

/** Answers with Server-Sent Events whose data are elements of pages. A browser that loses the stream asks again after two seconds. */
export function eventStream(
  c: Context,
  ui: UiContext,
  work: (send: SendElement, leaving: AbortSignal) => Promise<void>,
  { keepAlive = KEEP_ALIVE }: EventStreamOptions = {},
): Response {
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' };
  return streamText(c, headers, async (send, leaving) => {
    const comments = setInterval(() => void send(':\n\n').catch(() => {}), keepAlive);
    try {
      await send('retry: 2000\n\n');
      await work((name, element) => send(messageOf(name, htmlOf(ui, element))), leaving);
    } finally {
      clearInterval(comments);
    }
  });
}

function messageOf(name: string, html: string): string {
  const data = html.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `event: ${name}\n${data.join('')}\n`;
}
