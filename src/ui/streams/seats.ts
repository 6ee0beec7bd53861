/** A number of streams that may be open at the same time: browsers open few connections, and each asks the database something. */
export class Seats {
  #free: number;

  constructor(readonly count: number) {
    this.#free = count;
  }

  /** Runs work that needs a seat; resolves to false, and does nothing, when all are taken. */
  async during(work: () => Promise<void>): Promise<boolean> {
    if (this.#free === 0) return false;
    this.#free -= 1;
    try {
      await work();
    } finally {
      this.#free += 1;
    }
    return true;
  }
}
