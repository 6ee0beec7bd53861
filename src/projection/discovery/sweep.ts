import { LOG_START, type LogCursor, type SliceSize, sliceSize } from '../../store/positions/log-slice.js';
import type { Executor } from '../../store/read/rows.js';
import { type Behind, behindSlice, type BehindSlice } from './behind-slice.js';

/** Slices of all workers together take a hundredth of the time; with looks for recent commits less than 2 % of one core. */
const IDLE = 100;
/** Slices that find much take half of the time, for then nobody is idle. */
const BUSY = 1;

/** Part of the rows of a slice from which on so many aggregates are behind that it pays to pass over some together. */
const MANY = 20;

/** Options of a sweep. */
export interface SweepOptions {
  /** The copies whose positions are compared; asked for each slice. */
  readonly copies: () => readonly number[];
  /** Shortest pause between two slices, in milliseconds. @defaultValue 250 */
  readonly interval?: number;
  /** Number of workers that do the same, this one included; asked for each slice. @defaultValue 1 */
  readonly workers?: () => number;
  /** Size of the slices. @defaultValue what suits the database */
  readonly size?: SliceSize;
  /**
   * Has a copy pass over the aggregates that are behind after a place and have nothing for it, and returns how many events these had.
   * Called where very many are behind. @defaultValue none are passed over
   */
  readonly passOver?: (copy: number, part: { readonly after: string; readonly rows: number }) => Promise<number>;
}

/**
 * Goes along the whole log beside the positions, so that nothing stays behind that no hint told of: events that were
 * committed late, with timestamps of a wrong clock, by another program, or while nobody looked. Sends nothing of its own accord.
 */
export class Sweep {
  readonly #on: Executor;
  readonly #schema: string;
  readonly #copies: () => readonly number[];
  readonly #interval: number;
  readonly #workers: () => number;
  readonly #size: SliceSize;
  readonly #passOver: NonNullable<SweepOptions['passOver']>;
  #cursor: LogCursor = LOG_START;
  #pause = 0;

  constructor(
    on: Executor,
    schema: string,
    { copies, interval = 250, workers = () => 1, size = sliceSize(on), passOver = async () => 0 }: SweepOptions,
  ) {
    this.#on = on;
    this.#schema = schema;
    this.#copies = copies;
    this.#interval = interval;
    this.#workers = workers;
    this.#size = size;
    this.#passOver = passOver;
  }

  /** The pause that is due before the next {@link slice}, in milliseconds. */
  get pause(): number {
    return this.#pause;
  }

  /**
   * All that is behind, in one walk along the log without pauses, slice by slice; slices in which nothing is are left out.
   * When it ends without any, all that was committed before it began is taken in or parked. Slices go on at one of its places by
   * chance, so that workers which begin together do not go along together.
   */
  async *all(copies: readonly number[] = this.#copies()): AsyncGenerator<readonly Behind[]> {
    let cursor: LogCursor | undefined = LOG_START;
    const look = (from: LogCursor) => behindSlice(this.#on, this.#schema, copies, from, this.#size);
    for (let count = 1; cursor !== undefined && copies.length > 0; count += 1) {
      // Each place comes with the same chance, however many there are.
      if (Math.random() * count < 1) this.#cursor = cursor;
      const first = await look(cursor);
      const { behind, next }: BehindSlice = (await this.#hasPassed(first.behind, cursor)) ? await look(cursor) : first;
      if (behind.length > 0) yield behind;
      cursor = next;
    }
  }

  /** Aggregates that are behind in the next slice of a walk that begins again at its end. Sets the {@link pause} by the time that it took. */
  async slice(): Promise<readonly Behind[]> {
    const copies = this.#copies();
    this.#pause = this.#interval;
    if (copies.length === 0) return [];
    const begin = performance.now();
    const { behind, next } = await behindSlice(this.#on, this.#schema, copies, this.#cursor, this.#size);
    const took = performance.now() - begin;
    this.#cursor = next ?? LOG_START;
    const isBusy = behind.length > this.#size.leaps / 10;
    this.#pause = Math.max(this.#interval, took * (isBusy ? BUSY : IDLE * this.#workers()));
    return behind;
  }

  /** Has copies pass over what they can where very much is behind; true when there was something. */
  async #hasPassed(behind: readonly Behind[], { after }: LogCursor): Promise<boolean> {
    const { rows } = this.#size;
    const counts = new Map<number, number>();
    for (const { copy } of behind) counts.set(copy, (counts.get(copy) ?? 0) + 1);
    let passed = 0;
    for (const [copy, count] of counts) if (count > rows / MANY) passed += await this.#passOver(copy, { after, rows });
    return passed > 0;
  }
}
