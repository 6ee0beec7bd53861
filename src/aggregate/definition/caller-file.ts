import { fileURLToPath } from 'node:url';

/**
 * The file of the caller's caller; `undefined` where the engine does not tell. Stacks have no standard format, so this
 * is for people to read, and nothing depends on it.
 */
export function callerFile(): string | undefined {
  const { stack } = new Error();
  // An application may have its own ideas of what a stack is.
  const frame = typeof stack === 'string' ? (stack.split('\n')[3] ?? '') : '';
  const [, place] = /\(?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*?)(?:\?[^()]*)?:\d+:\d+\)?$/.exec(frame) ?? [];
  return place?.startsWith('file://') ? fileURLToPath(place) : place;
}
