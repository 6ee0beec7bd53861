import type { Context } from 'hono';

/** Number of characters that are sent at once. */
const CHUNK = 65_536;

/** Answers with JSON text as it is, as a file to be saved: a page shows only the beginning of a long one. */
export function jsonFile(c: Context, name: string, text: string): Response {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      // Both halves of a surrogate pair go together.
      const end = sent + CHUNK + (/[\uD800-\uDBFF]/.test(text.charAt(sent + CHUNK - 1)) ? 1 : 0);
      if (sent < text.length) controller.enqueue(new TextEncoder().encode(text.slice(sent, end)));
      sent = end;
      if (sent >= text.length) controller.close();
    },
  });
  return c.body(body, {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="${name}.json"`,
    },
  });
}
