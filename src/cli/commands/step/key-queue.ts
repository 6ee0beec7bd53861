import type { Key } from '../../context.js';
import type { Interruption } from '../../../folding/interruptible.js';

/** A queue of pressed keys, which also collects keys while work is running; Esc stops the work. */
export class KeyQueue {
  readonly #keys: AsyncIterator<Key>;
  readonly #waiting: Key[] = [];
  #coming: Promise<IteratorResult<Key>> | undefined;
  #hasEnded = false;

  constructor(keys: AsyncIterable<Key>) {
    this.#keys = keys[Symbol.asyncIterator]();
  }

  /** The next key; `undefined` when the terminal is closed. */
  async next(): Promise<Key | undefined> {
    return this.#waiting.shift() ?? (await this.#pressed());
  }

  /** The result of work; `undefined` when Esc was pressed first. Other keys wait until it is done. */
  async untilEscape<Value>(
    work: (interruption: Interruption) => Promise<Value>,
    onProgress: (events: number) => void,
  ): Promise<Value | undefined> {
    const stop = new AbortController();
    const done = work({ signal: stop.signal, onProgress }).then((value) => ({ value }));
    // After Esc nothing waits for it, and it may fail.
    done.catch(() => {});
    for (;;) {
      const first = this.#hasEnded ? await done : await Promise.race([done, this.#arrival()]);
      if (first !== undefined) return first.value;
      const key = await this.#pressed();
      if (key?.name === 'escape') {
        stop.abort();
        return undefined;
      }
      if (key !== undefined) this.#waiting.push(key);
    }
  }

  async #arrival(): Promise<undefined> {
    await (this.#coming ??= this.#keys.next());
  }

  async #pressed(): Promise<Key | undefined> {
    const next = await (this.#coming ??= this.#keys.next());
    this.#coming = undefined;
    if (next.done !== true) return next.value;
    this.#hasEnded = true;
    return undefined;
  }
}
