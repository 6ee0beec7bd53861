import { setImmediate } from 'node:timers/promises';

/** Work that can take long: the signal stops it, by throwing its reason, and it tells how many events it has looked at. */
export interface Attention {
  readonly signal?: AbortSignal;
  readonly onProgress?: (events: number) => void;
}

/** Keys are looked for after so many events. */
const BETWEEN = 200;

/** The same events; in between, keys are noticed, and the work is stopped when that was asked for. */
export async function* attended<Item>(
  items: AsyncIterable<Item> | readonly Item[],
  { signal, onProgress }: Attention,
): AsyncGenerator<Item> {
  let count = 0;
  for await (const item of items) {
    count += 1;
    if (count % BETWEEN === 0) {
      await setImmediate();
      onProgress?.(count);
    }
    signal?.throwIfAborted();
    yield item;
  }
  signal?.throwIfAborted();
}
