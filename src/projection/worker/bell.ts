/** Wakes everybody who waits for something to change. */
export class Bell {
  #wake = (): void => {};
  #rung: Promise<void> = this.#next();

  /** Wakes those who wait now. */
  ring(): void {
    const wake = this.#wake;
    this.#rung = this.#next();
    wake();
  }

  /** Resolves when it rings next. */
  get rung(): Promise<void> {
    return this.#rung;
  }

  /** Waits until a condition holds, which is looked at whenever it rings. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#rung;
  }

  #next(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}
