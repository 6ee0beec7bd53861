import type { StateAt } from '../aggregate/state-at.js';

/** Distance between states that are kept, so that going back need not fold from the first event; doubled when they are many. */
const DISTANCE = 200;
/** Number of the latest states that are kept as well. */
const RECENT = 50;
/** Largest number of events that are known to have failed. */
const MOST_FAILED = 1000;

/** A point that a step came to, with the error when it could not be folded. */
interface Passed {
  readonly point: StateAt;
  readonly error: unknown;
}

/** The states of one history that are kept while somebody goes through it, a bounded number of them. */
export class KeptStates {
  readonly #start: StateAt;
  readonly #mostEver: number;
  #most: number;
  #mostRecent = RECENT;
  readonly #checkpoints = new Map<number, StateAt>();
  readonly #recent = new Map<number, StateAt>();
  readonly #failed = new Set<number>();
  #distance = DISTANCE;
  #reached = 0;

  /** Keeps at most so many states at even distances, besides the latest ones. `start` is the one before the first event. */
  constructor(start: StateAt, most: number) {
    this.#start = start;
    this.#mostEver = most;
    this.#most = most;
  }

  /** Number of states that are kept. */
  get size(): number {
    return this.#checkpoints.size + this.#recent.size;
  }

  /** The last sequence up to which all events were folded, and those that failed noted. */
  get reached(): number {
    return this.#reached;
  }

  /** The sequences of events whose handlers failed. */
  get failed(): ReadonlySet<number> {
    return this.#failed;
  }

  /** The latest kept state before a sequence. */
  before(sequence: number): StateAt {
    let best = this.#start;
    for (const points of [this.#checkpoints, this.#recent])
      for (const point of points.values())
        if (point.sequence < sequence && point.sequence > best.sequence) best = point;
    return best;
  }

  /** Keeps the point that a step came to, and remembers that its handler failed. */
  keep<Reached extends Passed>(reached: Reached): Reached {
    const { point, error } = reached;
    this.#note(point.sequence, error);
    if (point.sequence % this.#distance === 0) this.#checkpoints.set(point.sequence, point);
    this.#recent.delete(point.sequence);
    this.#recent.set(point.sequence, point);
    this.#drop();
    return reached;
  }

  /**
   * Notes the point of a step on the way to a sequence, and keeps it only if it is one of those that stay kept; true then, so that its
   * state must not be changed any more.
   */
  pass(reached: Passed, upTo: number): boolean {
    const { sequence } = reached.point;
    const isKept = sequence % this.#distance === 0 || sequence > upTo - this.#mostRecent;
    if (isKept) this.keep(reached);
    else this.#note(sequence, reached.error);
    return isKept;
  }

  /**
   * Keeps at most so many states until this is said again, 2 or more: half of them at even distances, half of them the latest ones. Where
   * they may be more than before, the distance between those that are kept from then on becomes smaller again.
   */
  keepAtMost(states: number): void {
    const half = Math.max(1, Math.floor(states / 2));
    this.#most = Math.min(this.#mostEver, half);
    this.#mostRecent = Math.min(RECENT, half);
    while (this.#distance > DISTANCE && (2 * this.#reached) / this.#distance <= this.#most) this.#distance /= 2;
    this.#drop();
  }

  #note(sequence: number, error: unknown): void {
    // Every fold begins at a state that was folded, so nothing before it was left out.
    if (sequence <= this.#reached || this.#failed.size === MOST_FAILED) return;
    this.#reached = sequence;
    if (error !== undefined) this.#failed.add(sequence);
  }

  #drop(): void {
    while (this.#checkpoints.size > this.#most) {
      this.#distance *= 2;
      for (const sequence of this.#checkpoints.keys())
        if (sequence % this.#distance !== 0) this.#checkpoints.delete(sequence);
    }
    for (const sequence of this.#recent.keys()) {
      if (this.#recent.size <= this.#mostRecent) break;
      this.#recent.delete(sequence);
    }
  }
}
