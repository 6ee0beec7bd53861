/** A command handler's "no", with its reason. Made by the `reject` that handlers are given. */
export class Rejection<Reason> {
  readonly #reason: Reason;

  constructor(reason: Reason) {
    this.#reason = reason;
  }

  /** The reason that the handler gave. */
  get reason(): Reason {
    return this.#reason;
  }
}

/** Makes a rejection with a reason, which a command handler returns. */
export function reject<const Reason>(reason: Reason): Rejection<Reason> {
  return new Rejection(reason);
}
