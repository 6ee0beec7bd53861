import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UiHandler } from '../handler.js';

/**
 * Has a handler answer a request that came by Node.js. The signal of the request is aborted when the browser leaves before the
 * answer was sent, and when the server is closed.
 */
export async function answerWith(
  handler: UiHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const left = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) left.abort();
  });
  const answer = await handler(requestOf(request, left.signal));
  if (left.signal.aborted) return;
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body === null) response.end();
  else await send(answer.body, response, left.signal);
}

function requestOf({ method = 'GET', url = '/', headers }: IncomingMessage, signal: AbortSignal): Request {
  const pairs = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
  );
  return new Request(`http://${headers.host}${url}`, { method, headers: pairs, signal });
}

/** Sends a body as fast as the browser takes it. */
async function send(body: ReadableStream<Uint8Array>, response: ServerResponse, signal: AbortSignal): Promise<void> {
  try {
    for await (const chunk of body) if (!response.write(chunk)) await once(response, 'drain', { signal });
    response.end();
  } catch {
    // The browser has left, or the answer broke off: either way there is no end of it that could be sent.
    response.destroy();
  }
}
