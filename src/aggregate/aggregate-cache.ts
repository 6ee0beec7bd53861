/** Something kept in memory for an aggregate, and who is using it. */
interface CacheEntry<Value> {
  readonly key: string;
  readonly value: Value;
  /** How many are using it or waiting for their turn. */
  users: number;
  /** Resolves when the last of them is done. */
  turn: Promise<void>;
}

/**
 * Values in memory by key, used by one at a time each, the waiting ones in the order they came. Of those that nobody is
 * using, only the most recently used ones stay.
 */
export class AggregateCache<Value> {
  readonly #maxIdle: number;
  readonly #busy = new Map<string, CacheEntry<Value>>();
  /** The least recently used one first, which is the order of insertion. */
  readonly #idle = new Map<string, CacheEntry<Value>>();

  constructor(maxIdle: number) {
    this.#maxIdle = maxIdle;
  }

  /** How many are in memory. */
  get size(): number {
    return this.#busy.size + this.#idle.size;
  }

  /** What is in memory for a key, without waiting for those who use it. Counts as a use. */
  recall(key: string): Value | undefined {
    const idle = this.#idle.get(key);
    if (idle === undefined) return this.#busy.get(key)?.value;
    this.#idle.delete(key);
    this.#idle.set(key, idle);
    return idle.value;
  }

  /**
   * Does some work with the value for a key, made if it is not in memory, when all who came before are done. Values that
   * have to leave memory for it are handed to `onEvict`, which is waited for.
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
