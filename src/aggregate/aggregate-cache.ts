/** A value in memory, and its uses. */
interface CacheEntry<Value> {
  readonly key: string;
  readonly value: Value;
  /** Number of uses under way or waiting. */
  users: number;
  /** Resolves when the last use has ended. */
  turn: Promise<void>;
}

/**
 * A cache of aggregates by key. Uses of one value run one at a time, in the order they came. Of the values that are not
 * in use, only the most recently used ones stay.
 */
export class AggregateCache<Value> {
  readonly #maxIdle: number;
  readonly #busy = new Map<string, CacheEntry<Value>>();
  /** The least recently used one first, which is the order of insertion. */
  readonly #idle = new Map<string, CacheEntry<Value>>();

  constructor(maxIdle: number) {
    this.#maxIdle = maxIdle;
  }

  /** Number of values in memory. */
  get size(): number {
    return this.#busy.size + this.#idle.size;
  }

  /** The value in memory for a key, without waiting for its uses. Counts as a use for eviction. */
  recall(key: string): Value | undefined {
    const idle = this.#idle.get(key);
    if (idle === undefined) return this.#busy.get(key)?.value;
    this.#idle.delete(key);
    this.#idle.set(key, idle);
    return idle.value;
  }

  /**
   * Runs `work` with the value for a key, made by `make` if it is not in memory, after all earlier uses of it. Values
   * that have to leave memory afterwards are passed to `onEvict`, which is waited for.
   */
  async use<Answer>(
    key: string,
    make: () => Value,
    work: (value: Value) => Promise<Answer>,
    onEvict: (value: Value) => Promise<void>,
  ): Promise<Answer> {
    const entry = this.#enter(key, make);
    const previous = entry.turn;
    let finish = (): void => {};
    entry.turn = new Promise((resolve) => (finish = resolve));
    try {
      await previous;
      return await work(entry.value);
    } finally {
      finish();
      for (const value of this.#leave(entry)) await onEvict(value);
    }
  }

  #enter(key: string, make: () => Value): CacheEntry<Value> {
    const entry = this.#busy.get(key) ??
      this.#idle.get(key) ?? { key, value: make(), users: 0, turn: Promise.resolve() };
    this.#idle.delete(key);
    this.#busy.set(key, entry);
    entry.users += 1;
    return entry;
  }

  #leave(entry: CacheEntry<Value>): Value[] {
    entry.users -= 1;
    if (entry.users > 0) return [];
    this.#busy.delete(entry.key);
    this.#idle.set(entry.key, entry);
    const evicted: Value[] = [];
    for (const [key, { value }] of this.#idle) {
      if (this.#idle.size <= this.#maxIdle) break;
      this.#idle.delete(key);
      evicted.push(value);
    }
    return evicted;
  }
}
