import { randomUUID } from 'node:crypto';

/** An event that a handler has: the name of the subscription, the aggregate's id in hex digits, and the sequence. */
export interface HandledPlace {
  readonly subscription: string;
  readonly aggregateId: string;
  readonly sequence: number;
}

/** An event that a handler has had for some time, in milliseconds. */
export interface LongHandled extends HandledPlace {
  readonly duration: number;
}

/** A claim on an aggregate, from just before it is made. */
export interface Held {
  /** The token of the claim. */
  readonly token: string;
  /** Tells that the claim was made, so that it is prolonged from now on. */
  claimed(): void;
  /** Tells that a handler begins with an event. */
  handling(event: HandledPlace): void;
  /** Aborted when the worker stops, or when the aggregate may have gone to another worker. */
  readonly signal: AbortSignal;
  /** Tells that the handler works in a transaction, which finds out by itself whether the aggregate was lost. */
  inTransaction(): void;
  /** Tells that the work is over. */
  drop(): void;
}

/** A claim that is watched. */
class Claim implements Held {
  readonly token = randomUUID();
  readonly #controller = new AbortController();
  readonly #lease: number;
  readonly #all: Map<string, Claim>;
  #deadline: NodeJS.Timeout | undefined;
  /** True when it was made, so that it can be prolonged. */
  isMade = false;
  #event: HandledPlace | undefined;
  #began = 0;

  constructor(lease: number, all: Map<string, Claim>) {
    this.#lease = lease;
    this.#all = all;
    all.set(this.token, this);
    this.#watch();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  claimed(): void {
    this.isMade = true;
  }

  handling(event: HandledPlace): void {
    this.#event = event;
    this.#began = performance.now();
    // The handler of the event before may have worked in a transaction.
    if (this.#deadline === undefined && !this.signal.aborted) this.#watch();
  }

  /** The event that its handler has had for so many milliseconds; once for each event. */
  slow(milliseconds: number): LongHandled[] {
    const duration = performance.now() - this.#began;
    const event = this.#event;
    if (event === undefined || duration < milliseconds) return [];
    this.#event = undefined;
    return [{ ...event, duration }];
  }

  prolong(): void {
    if (this.#deadline !== undefined) this.#watch();
  }

  end(reason: unknown): void {
    this.inTransaction();
    this.#controller.abort(reason);
  }

  inTransaction(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  drop(): void {
    this.inTransaction();
    this.#all.delete(this.token);
  }

  #watch(): void {
    clearTimeout(this.#deadline);
    const lost = () => this.end(new Error('The database could not be reached, so the event may go to another worker.'));
    this.#deadline = setTimeout(lost, this.#lease);
  }
}

/**
 * Watches over the aggregates that a worker has claimed: their handlers are told as soon as one is lost, also when the
 * database cannot be reached for as long as a claim lasts.
 */
export class LeaseKeeper {
  readonly #lease: number;
  readonly #stopping: AbortSignal;
  readonly #claims = new Map<string, Claim>();

  /** Keeps claims that last so many milliseconds, until the worker stops. */
  constructor(lease: number, stopping: AbortSignal) {
    this.#lease = lease;
    this.#stopping = stopping;
    const stop = () => this.#claims.forEach((claim) => claim.end(stopping.reason));
    stopping.addEventListener('abort', stop, { once: true });
  }

  /** The tokens of the claims that there are. */
  get tokens(): readonly string[] {
    return [...this.#claims.values()].filter(({ isMade }) => isMade).map(({ token }) => token);
  }

  /** The events that handlers have had for so many milliseconds, and that it has not given before. */
  slow(milliseconds: number): LongHandled[] {
    return [...this.#claims.values()].flatMap((claim) => claim.slow(milliseconds));
  }

  /** Begins to watch an aggregate that is about to be claimed; in vain when the worker stops. */
  hold(): Held {
    const claim = new Claim(this.#lease, this.#claims);
    if (this.#stopping.aborted) claim.end(this.#stopping.reason);
    return claim;
  }

  /** Takes note of which of some claims could be prolonged. */
  renewed(all: readonly string[], prolonged: ReadonlySet<string>): void {
    for (const token of all) {
      const claim = this.#claims.get(token);
      if (prolonged.has(token)) claim?.prolong();
      else claim?.end(new Error('The event has gone to another worker.'));
    }
  }
}
