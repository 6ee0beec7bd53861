import type { Context } from 'hono';
import { withCancellation } from '../../store/driver/cancellation.js';

/** Sends a piece of text to whoever reads; resolves when there is room for more, and rejects once the page was left. */
export type SendText = (text: string) => Promise<void>;

/** Maker of the text of an answer. `leaving` is aborted as soon as nobody reads any more. */
export type TextWork = (send: SendText, leaving: AbortSignal) => Promise<void>;

/** Pieces of text that wait for the reader before the work waits, too. */
const PIECES_AHEAD = 16;

/**
 * Answers with text that comes piece by piece. When the page is left, the signal is aborted, what the work asks of the database is
 * cancelled there, and it is expected to end. Nothing is begun for a HEAD request, which wants no body.
 */
export function streamText(c: Context, headers: Readonly<Record<string, string>>, work: TextWork): Response {
  const { signal: request, method } = c.req.raw;
  if (method === 'HEAD') return c.body(null, { headers });
  const room = new CountQueuingStrategy({ highWaterMark: PIECES_AHEAD });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, room);
  const writer = writable.getWriter();
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  if (request.aborted) leave();
  request.addEventListener('abort', leave, { once: true });
  writer.closed.catch(leave);
  const encoder = new TextEncoder();
  const send: SendText = async (text) => {
    leaving.signal.throwIfAborted();
    await writer.write(encoder.encode(text));
  };
  withCancellation(leaving.signal, () => work(send, leaving.signal))
    .then(
      () => writer.close(),
      (reason: unknown) => writer.abort(reason),
    )
    // The page was left while the last piece was on its way.
    .catch(() => {})
    .finally(() => request.removeEventListener('abort', leave));
  return c.body(readable, { headers });
}
