/** Time in milliseconds after which an aggregate for which nobody competed is like any other. */
const FORGET_AFTER = 1000;
/** Number of commits that whoever had the turn before should be able to make before the next one, and bounds of the time for them in milliseconds. */
const COMMITS_OF_OTHERS = 4;
const GRACE = { least: 1, most: 20 };
/** Number of commits in a row after which one makes room if somebody waits for a turn: first, and at most. */
const PROBE = { first: 4, last: 1024 };
/** No turn is asked for while this many times as long as was waited in vain: whoever has it may hang. */
const REST = 5;

/**
 * Tells when a writer of an aggregate is to wait for its turn, and when it is to make room for others. Who has just committed knows the newest
 * state and needs no read, so it would go on being faster than those who must read first, and not hear of them. A writer that met a conflict
 * waits for its turn. After that it commits on, but looks each time whether another waits, and then waits for its next turn. One that met
 * nobody looks now and then.
 */
export class TurnPolicy {
  #contendedAt = Number.NEGATIVE_INFINITY;
  #isAwaited = false;
  /** Number of commits since it was looked whether others wait. */
  #alone = 0;
  #probe = PROBE.first;
  #restUntil = 0;
  /** Time in milliseconds that a commit takes when nothing holds it up: the shortest, which grows with time. */
  #took = Number.POSITIVE_INFINITY;

  /** Time in milliseconds for which others may go on before a turn. */
  get grace(): number {
    const wanted = this.#took === Number.POSITIVE_INFINITY ? 0 : Math.round(COMMITS_OF_OTHERS * this.#took);
    return Math.min(GRACE.most, Math.max(GRACE.least, wanted));
  }

  /** True when an attempt at a command (1 is the first) is to wait for a turn. */
  asks(attempt: number): boolean {
    return (attempt > 1 || this.#isAwaited) && this.#isRested();
  }

  /** True when a commit is to be made only if nobody waits for a turn. */
  makesRoom(): boolean {
    const isContended = performance.now() - this.#contendedAt < FORGET_AFTER;
    return (isContended || this.#alone >= this.#probe) && this.#isRested();
  }

  /** Notes that somebody waits for a turn. */
  awaited(): void {
    this.#isAwaited = true;
    this.#met();
  }

  /** Notes a turn that came; contended if others had it, or wrote since the last time. */
  came(isContended: boolean): void {
    this.#isAwaited = false;
    if (isContended) this.#met();
  }

  /** Notes that a turn did not come, after so many milliseconds. */
  missed(waited: number): void {
    this.#isAwaited = false;
    this.#contendedAt = Number.NEGATIVE_INFINITY;
    this.#restUntil = performance.now() + REST * waited;
  }

  /** Notes a commit without a turn, which took so many milliseconds; it may have looked whether somebody waits. */
  committed(took: number, hasLooked: boolean): void {
    this.#took = Math.min(took, this.#took * 1.05);
    this.#alone = hasLooked ? 0 : this.#alone + 1;
    if (hasLooked) this.#probe = Math.min(PROBE.last, this.#probe * 2);
  }

  #met(): void {
    this.#contendedAt = performance.now();
    this.#probe = PROBE.first;
    this.#alone = 0;
  }

  #isRested(): boolean {
    return this.#restUntil === 0 || performance.now() >= this.#restUntil;
  }
}
