import type { Timestamp } from '../../hlc/timestamp.js';
import { Bell } from './bell.js';

/** Aggregates that are behind in one copy. */
export interface Batch {
  readonly copy: number;
  readonly aggregates: readonly Timestamp[];
}

/** Outcome of the work on a batch, as far as there is more to do. */
export interface Remainder {
  /** Aggregates with more events to take in. */
  readonly behind?: readonly Timestamp[];
  /** Aggregates that could not be looked at now, because another worker is at work on them, say. */
  readonly later?: readonly Timestamp[];
}

/** An aggregate that waits for a lane, rests before it does, or that a lane is at work on. */
interface Entry {
  readonly aggregateId: Timestamp;
  isRunning: boolean;
  /** The age of the queue when it was found. */
  age: number;
  /** The age of the queue when it was found again while a lane was at work on it, which may have read before that. */
  foundAgain: number | undefined;
  /** Number of times in a row that it could not be looked at. */
  rests: number;
}

/** The aggregates of one copy: all of them, and those that wait for a lane, in the order in which they were found. */
interface Line {
  readonly entries: Map<string, Entry>;
  readonly waiting: Map<string, Entry>;
  /** Those that have rested, and wait again. They may cost their lane a wait each, so they are taken by themselves. */
  readonly rested: Map<string, Entry>;
  /** True when it is the turn of those that have rested. */
  isRestedTurn: boolean;
  /** Number of entries of each age. */
  readonly ages: Map<number, number>;
}

/** Rest of an aggregate that could not be looked at, in milliseconds: the first, and the longest after it has doubled. */
const REST = { first: 50, longest: 400 };

/**
 * The aggregates that are behind, by copy. An aggregate is in it once for each copy, and never with two lanes at a time.
 * Bounded: what finds no room is refused, for a sweep to find it again.
 */
export class WorkQueue {
  readonly #limit: number;
  readonly #bell = new Bell();
  /** By copy; the one that has waited longest for a lane comes first. */
  readonly #lines = new Map<number, Line>();
  readonly #rests = new Set<NodeJS.Timeout>();
  #age = 0;

  /** Keeps at most so many aggregates of each copy. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds an aggregate; false when there is no room for it. */
  add(copy: number, aggregateId: Timestamp): boolean {
    const line = this.#lineOf(copy);
    const known = line.entries.get(aggregateId.hex);
    if (known?.isRunning === true) known.foundAgain ??= this.#age;
    if (known !== undefined) return true;
    if (line.entries.size >= this.#limit) return false;
    const entry: Entry = { aggregateId, isRunning: false, age: this.#age, foundAgain: undefined, rests: 0 };
    line.entries.set(aggregateId.hex, entry);
    line.waiting.set(aggregateId.hex, entry);
    count(line, entry.age, 1);
    this.#bell.ring();
    return true;
  }

  /** Waits until there is room for another aggregate of a copy, or the condition holds. */
  async room(copy: number, orElse: () => boolean): Promise<void> {
    await this.#bell.until(() => orElse() || this.#lineOf(copy).entries.size < this.#limit);
  }

  /** Waits for work, and takes at most so much of it, nothing of a copy at 0; undefined as soon as the condition holds. */
  async take(most: (copy: number, waiting: number) => number, orElse: () => boolean): Promise<Batch | undefined> {
    for (;;) {
      if (orElse()) return undefined;
      const found = [...this.#lines].find(([copy, line]) => nextOf(line).size > 0 && most(copy, nextOf(line).size) > 0);
      if (found !== undefined) return this.#takeFrom(...found, most);
      await this.#bell.rung;
    }
  }

  /** Takes note that the work on a batch has ended. */
  ended({ copy, aggregates }: Batch, { behind = [], later = [] }: Remainder = {}): void {
    const line = this.#lines.get(copy);
    if (line === undefined) return;
    const [more, resting] = [hexesOf(behind), hexesOf(later)];
    const rested: Entry[] = [];
    for (const { hex } of aggregates) {
      const entry = line.entries.get(hex);
      if (entry === undefined) continue;
      entry.isRunning = false;
      const { foundAgain } = entry;
      entry.foundAgain = undefined;
      if (resting.has(hex)) {
        entry.rests += 1;
        rested.push(entry);
        continue;
      }
      entry.rests = 0;
      if (more.has(hex)) line.waiting.set(hex, entry);
      else this.#leave(line, entry, foundAgain);
    }
    if (rested.length > 0) this.#rest(line, rested);
    this.#bell.ring();
  }

  /** Waits until all that is in it now, or that of one copy, has been looked at, or the condition holds. */
  async settled(orElse: () => boolean, copy?: number): Promise<void> {
    const age = this.#age;
    this.#age += 1;
    const isOld = (line: Line) => [...line.ages.keys()].some((other) => other <= age);
    const hasOld = () =>
      copy === undefined ? [...this.#lines.values()].some((line) => isOld(line)) : isOld(this.#lineOf(copy));
    await this.#bell.until(() => orElse() || !hasOld());
  }

  /** Has everybody who waits look at his condition again. */
  wake(): void {
    this.#bell.ring();
  }

  /** Ends all pauses. Nobody waits any more. */
  close(): void {
    for (const rest of this.#rests) clearTimeout(rest);
    this.#rests.clear();
    this.#lines.clear();
    this.#bell.ring();
  }

  #takeFrom(copy: number, line: Line, most: (copy: number, waiting: number) => number): Batch {
    // To the end of the row of copies.
    this.#lines.delete(copy);
    this.#lines.set(copy, line);
    const next = nextOf(line);
    line.isRestedTurn = next === line.waiting;
    const size = Math.max(1, most(copy, next.size));
    const aggregates: Timestamp[] = [];
    for (const [hex, entry] of next) {
      if (aggregates.length >= size) break;
      next.delete(hex);
      entry.isRunning = true;
      aggregates.push(entry.aggregateId);
    }
    return { copy, aggregates };
  }

  #lineOf(copy: number): Line {
    let line = this.#lines.get(copy);
    if (line === undefined) {
      line = { entries: new Map(), waiting: new Map(), rested: new Map(), isRestedTurn: false, ages: new Map() };
      this.#lines.set(copy, line);
    }
    return line;
  }

  /** Removes an entry, unless it was found again in the meantime. */
  #leave(line: Line, entry: Entry, foundAgain: number | undefined): void {
    count(line, entry.age, -1);
    if (foundAgain === undefined) {
      line.entries.delete(entry.aggregateId.hex);
      return;
    }
    entry.age = foundAgain;
    count(line, foundAgain, 1);
    line.waiting.set(entry.aggregateId.hex, entry);
  }

  #rest(line: Line, entries: readonly Entry[]): void {
    const rests = Math.min(...entries.map((entry) => entry.rests));
    const rest = setTimeout(
      () => {
        this.#rests.delete(rest);
        for (const entry of entries)
          if (line.entries.get(entry.aggregateId.hex) === entry) line.rested.set(entry.aggregateId.hex, entry);
        this.#bell.ring();
      },
      Math.min(REST.first * 2 ** (rests - 1), REST.longest),
    );
    this.#rests.add(rest);
  }
}

/** Those of a line that come next: the ones that have rested take turns with the others. */
function nextOf({ waiting, rested, isRestedTurn }: Line): Map<string, Entry> {
  return rested.size > 0 && (isRestedTurn || waiting.size === 0) ? rested : waiting;
}

function count({ ages }: Line, age: number, by: number): void {
  const number = (ages.get(age) ?? 0) + by;
  if (number === 0) ages.delete(age);
  else ages.set(age, number);
}

function hexesOf(aggregates: readonly Timestamp[]): ReadonlySet<string> {
  return new Set(aggregates.map(({ hex }) => hex));
}
