/** A command handler's "no", with its reason. Made by the `reject` that handlers are given. */
export class Rejection<Reason> {
  readonly #reason: Reason;

  constructor(reason: Reason) {
    this.#reason = reason;
  }

  /** Why the command is rejected: whatever the handler said. */
  get reason(): Reason {
    return this.#reason;
  }
}

/** Says no for a reason. */
export function reject<const Reason>(reason: Reason): Rejection<Reason> {
  return new Rejection(reason);
}
