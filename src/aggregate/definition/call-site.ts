import { fileURLToPath } from 'node:url';

/**
 * The file that called the function that calls this; `undefined` where the engine does not tell. A stack is a text
 * without a standard, so this is for people to read, and nothing depends on it.
 */
export function callerFile(): string | undefined {
  const { stack } = new Error();
  // An application may have its own ideas of what a stack is.
  const frame = typeof stack === 'string' ? (stack.split('\n')[3] ?? '') : '';
  const [, place] = /\(?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*?)(?:\?[^()]*)?:\d+:\d+\)?$/.exec(frame) ?? [];
  return place?.startsWith('file://') ? fileURLToPath(place) : place;
}
