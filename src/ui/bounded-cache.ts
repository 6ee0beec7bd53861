/** Bounds of a cache. */
export interface CacheBounds {
  /** Largest number of entries. */
  readonly most: number;
  /** Largest sum of the weights of its entries. */
  readonly mostWeight: number;
  /** Milliseconds after which an entry that nobody asks for is dropped. */
  readonly idle: number;
}

interface Entry<Value> {
  readonly value: Value;
  readonly weight: number;
  readonly usedAt: number;
}

/** Keeps the values that were asked for last: a few, and for a while. */
export class BoundedCache<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly bounds: CacheBounds,
    now: () => number = Date.now,
  ) {
    this.#now = now;
  }

  /** The value of a key; `undefined` when it is not kept, or no longer. */
  get(key: string): Value | undefined {
    this.dropIdle();
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.set(key, entry.value, entry.weight);
    return entry?.value;
  }

  /** Keeps a value as the one that was used last, and drops the others that were not used for longest while there is too much. */
  set(key: string, value: Value, weight = 0): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, weight, usedAt: this.#now() });
    while (this.#entries.size > this.bounds.most || this.#weight > this.bounds.mostWeight) {
      const [oldest] = this.#entries.keys();
      if (oldest === undefined) break;
      this.#entries.delete(oldest);
    }
    this.#schedule();
  }

  /** Drops a value. */
  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Drops all values. */
  clear(): void {
    this.#entries.clear();
  }

  /** Drops the values that nobody has asked for lately. Runs by itself, too. */
  dropIdle(): void {
    const oldest = this.#now() - this.bounds.idle;
    for (const [key, { usedAt }] of this.#entries) if (usedAt < oldest) this.#entries.delete(key);
  }

  /** Number of values that are kept. */
  get size(): number {
    return this.#entries.size;
  }

  get #weight(): number {
    return [...this.#entries.values()].reduce((sum, { weight }) => sum + weight, 0);
  }

  /** Has the idle ones dropped while there are any; does not keep the process alive. */
  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.dropIdle();
      if (this.#entries.size > 0) this.#schedule();
    }, this.bounds.idle).unref();
  }
}
