import { setImmediate } from 'node:timers/promises';

/** Options for work that can take long: a signal that stops it by throwing its reason, and reports of the events read so far. */
export interface Interruption {
  readonly signal?: AbortSignal;
  readonly onProgress?: (events: number) => void;
}

/** Number of events after which other work gets its turn, and progress is reported. */
const BETWEEN = 200;
/** Milliseconds after which it gets its turn earlier. */
const LONG = 20;

/** Yields the same items, but lets the process do other work in between, such as reading keys, and throws when the signal is aborted. */
export async function* interruptible<Item>(
  items: AsyncIterable<Item> | readonly Item[],
  { signal, onProgress }: Interruption,
): AsyncGenerator<Item> {
  let count = 0;
  let turn = Date.now();
  for await (const item of items) {
    count += 1;
    if (count % BETWEEN === 0 || Date.now() - turn > LONG) {
      await setImmediate();
      turn = Date.now();
    }
    if (count % BETWEEN === 0) onProgress?.(count);
    signal?.throwIfAborted();
    yield item;
  }
  signal?.throwIfAborted();
}
