import { fileURLToPath } from 'node:url';

/**
 * The file that called the function that calls this; `undefined` where the engine does not tell. A stack is a text
 * without a standard, so this is for people to read, and nothing depends on it.
 */
export function callerFile(): string | undefined {
  const frame = (new Error().stack ?? '').split('\n')[3] ?? '';
  const [, place] = /\(?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*?)(?:\?[^()]*)?:\d+:\d+\)?$/.exec(frame) ?? [];
  return place?.startsWith('file://') ? fileURLToPath(place) : place;
}
