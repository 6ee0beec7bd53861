import { randomBytes } from 'node:crypto';
import { InvalidArgumentError } from '../errors.js';
import { ClockDriftError } from './errors.js';
import { MAX_COUNTER, MAX_NODE_ID, MAX_TIME, Timestamp } from './timestamp.js';

/** Default `maxDrift`: five minutes, in milliseconds. */
export const DEFAULT_MAX_DRIFT = 300_000;

/**
 * Longest wait of a full counter for the system clock to move on, in milliseconds; then the reading moves on by itself.
 */
const LONGEST_WAIT = 2;

/** Number of remembered times ahead below which passed ones are not looked for. */
const FEW = 1000;

/** Numbers of hex digits of a timestamp that are its time, and its node id. */
const [TIME_DIGITS, NODE_DIGITS] = [12, 16];

/** Options of a {@link Clock}. */
export interface ClockOptions {
  /**
   * The id of this node, part of every reading, 0n to 2^64 - 1; no two clocks may share one. @defaultValue 64 random
   * bits
   */
  readonly nodeId?: bigint;
  /** Milliseconds by which an observed reading may be ahead of the system clock. @defaultValue 300000 */
  readonly maxDrift?: number;
  /** The system clock, in milliseconds since 1970; may step back or stand still. @defaultValue Date.now */
  readonly physicalTime?: () => number;
}

/**
 * A hybrid logical clock: readings follow the system clock but strictly increase within a process, also while the
 * system clock stands still or steps back, and after {@link observe} they are later than the observed reading.
 * {@link after} returns single readings that are ahead of the others.
 *
 * The default node id is random, so two processes on one host, or two containers with one host name, never share it.
 * Mirrors `HLClock` of Elixir, which derives the node id from the host name.
 */
export class Clock {
  /** The id of this node, part of every reading. */
  readonly nodeId: bigint;
  /** Milliseconds by which an observed reading may be ahead of the system clock. */
  readonly maxDrift: number;
  readonly #physicalTime: () => number;
  readonly #nodeDigits: string;
  /** The time whose hex digits are {@link #timeDigits}. */
  #digitsOf = -1;
  #timeDigits = '';
  #time = 0;
  #counter = 0;
  /** The last counter that {@link after} has returned for each time that is still to come. */
  readonly #given = new Map<number, number>();
  /** Size of {@link #given} at which passed times are removed. */
  #most = FEW;

  /** Throws {@link InvalidTimestampError} for a node id out of bounds, {@link InvalidArgumentError} for a bad drift. */
  constructor({ nodeId, maxDrift = DEFAULT_MAX_DRIFT, physicalTime = Date.now }: ClockOptions = {}) {
    if (!Number.isFinite(maxDrift) || maxDrift < 0)
      throw new InvalidArgumentError(`maxDrift must be a number of milliseconds, 0 or more; got ${String(maxDrift)}.`);
    const node = Timestamp.of({ time: 0, nodeId: nodeId ?? randomBytes(8).readBigUInt64BE() });
    this.nodeId = node.nodeId;
    this.#nodeDigits = node.hex.slice(-NODE_DIGITS);
    this.maxDrift = maxDrift;
    this.#physicalTime = physicalTime;
  }

  /**
   * Returns a reading later than all earlier readings of {@link now} and {@link observe}, and than all observed ones.
   * Mirrors `HLClock.send_timestamp`.
   */
  now(): Timestamp {
    const physical = this.#physical();
    if (physical > this.#time) return this.#advance(physical, 0);
    return this.#next();
  }

  /**
   * Moves the clock beyond a reading of another clock, and returns a later reading. Mirrors `HLClock.recv_timestamp`.
   * Throws {@link ClockDriftError}, and leaves the clock as it was, when the other reading is more than `maxDrift`
   * ahead of the system clock.
   */
  observe(remote: Timestamp): Timestamp {
    this.#assertNear(remote);
    const ahead = remote.time > this.#time || (remote.time === this.#time && remote.counter > this.#counter);
    if (ahead) this.#set(remote.time, remote.counter);
    return this.now();
  }

  /**
   * Returns a reading that is later than another clock's, and that no other call of this clock returns. Unlike
   * {@link observe} it does not move the clock, so one reading of a clock that is ahead does not move all that follow.
   * Throws {@link ClockDriftError} when the other reading is more than `maxDrift` ahead of the system clock.
   */
  after(other: Timestamp): Timestamp {
    if (other.time <= Math.max(this.#time, this.#physical())) return this.observe(other);
    this.#assertNear(other);
    const [time, counter] = this.#free(other.time, other.counter + 1);
    if (this.#given.size >= this.#most) this.#forgetPast();
    this.#given.set(time, counter);
    return this.#reading(time, counter);
  }

  /** Milliseconds by which a reading is ahead of the system clock; negative when it is behind. */
  driftOf(reading: Timestamp): number {
    return reading.time - this.#physical();
  }

  /** The latest reading that {@link observe} and {@link after} accept at present. */
  lastAccepted(): Timestamp {
    const time = Math.min(MAX_TIME, Math.floor(this.#physical() + this.maxDrift));
    return Timestamp.of({ time, counter: MAX_COUNTER, nodeId: MAX_NODE_ID });
  }

  #assertNear(reading: Timestamp): void {
    const drift = this.driftOf(reading);
    if (drift > this.maxDrift) throw new ClockDriftError(drift, this.maxDrift, reading.toString());
  }

  /** The first time and counter from these on that {@link after} has not returned. */
  #free(time: number, counter: number): readonly [time: number, counter: number] {
    for (let [at, next] = [time, counter]; ; [at, next] = [at + 1, 0]) {
      const free = Math.max(next, (this.#given.get(at) ?? -1) + 1);
      if (free <= MAX_COUNTER) return [at, free];
    }
  }

  /** Number of times for which the clock remembers the readings of {@link after}. */
  get remembered(): number {
    return this.#given.size;
  }

  #forgetPast(): void {
    // The clock may not have been read for long: first move it to the system time, so that no passed time is returned
    // again.
    const physical = this.#physical();
    if (physical > this.#time) this.#set(...this.#free(physical, 0));
    for (const time of this.#given.keys()) if (time < this.#time) this.#given.delete(time);
    // Twice as many as there are, so that each call looks at few on average.
    this.#most = Math.max(FEW, 2 * this.#given.size);
  }

  #next(): Timestamp {
    if (this.#counter < MAX_COUNTER) return this.#advance(this.#time, this.#counter + 1);
    return this.#advance(this.#timeAfterFullCounter(), 0);
  }

  /**
   * The time to go on with when all 65,536 readings of a millisecond are taken: waits for the next millisecond of the system
   * clock, but not for long; if that does not come, counts on by itself.
   */
  #timeAfterFullCounter(): number {
    const start = performance.now();
    while (performance.now() - start < LONGEST_WAIT) {
      const physical = this.#physical();
      if (physical > this.#time) return physical;
    }
    return this.#time + 1;
  }

  #physical(): number {
    return Math.max(0, Math.floor(this.#physicalTime()));
  }

  #advance(time: number, counter: number): Timestamp {
    if (this.#given.size > 0) {
      const [freeTime, freeCounter] = this.#free(time, counter);
      return this.#take(freeTime, freeCounter);
    }
    return this.#take(time, counter);
  }

  #take(time: number, counter: number): Timestamp {
    this.#set(time, counter);
    return this.#reading(time, counter);
  }

  #reading(time: number, counter: number): Timestamp {
    // Of readings within a millisecond only the counter differs, and the node's part is always the same.
    if (time !== this.#digitsOf) {
      this.#timeDigits = Timestamp.of({ time }).hex.slice(0, TIME_DIGITS);
      this.#digitsOf = time;
    }
    const counterDigits = (MAX_COUNTER + 1 + counter).toString(16).slice(1);
    return Timestamp.fromHex(this.#timeDigits + counterDigits + this.#nodeDigits);
  }

  #set(time: number, counter: number): void {
    this.#time = Math.min(time, MAX_TIME);
    this.#counter = counter;
  }
}
