/** Does one thing at a time: of what is wanted meanwhile, the latest is done next, and the rest is not done at all. */
export class Latest<Wish> {
  #waiting: { readonly wish: Wish } | undefined;
  #isBusy = false;

  constructor(private readonly grant: (wish: Wish) => Promise<void>) {}

  /** Wants something: done now, or when what is under way has ended, unless something else is wanted by then. */
  want(wish: Wish): void {
    this.#waiting = { wish };
    if (!this.#isBusy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    try {
      for (let next = this.#take(); next !== undefined; next = this.#take()) await this.grant(next.wish);
    } finally {
      this.#isBusy = false;
    }
  }

  #take(): { readonly wish: Wish } | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
