import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import { pauseLength } from '../../store/commit/backoff.js';
import { CommitInterruptedError } from '../../store/driver/driver.js';
import { sqlState } from '../../store/driver/driver-error.js';
import { DatabaseClosedError, DatabaseStoppedError } from '../../store/errors.js';
import { storeError } from '../../store/failures/database-errors.js';
import { query } from '../../store/read/rows.js';
import { blame } from '../apply/passing.js';

/** Pauses between attempts to reach the database, in milliseconds: the first, and the longest after it has doubled. */
const PAUSES = { first: 100, longest: 10_000 };

/** Options of {@link Reachability}. */
export interface ReachabilityOptions {
  readonly knex: Knex;
  /** Aborted when the worker stops. */
  readonly signal: AbortSignal;
  /** Called once each time that the database is lost, and with errors of transactions that will be tried again. */
  readonly onError: (error: unknown) => void;
  /** Called when it can be reached again. */
  readonly onBack: () => void;
}

/** Keeps the parts of a worker going while the database goes away and comes back: one of them asks for all. */
export class Reachability {
  readonly #options: ReachabilityOptions;
  #recovery: Promise<void> | undefined;
  #wait = PAUSES.first;
  #backAt = 0;

  constructor(options: ReachabilityOptions) {
    this.#options = options;
  }

  /** Runs work until it succeeds; undefined when the worker stops before. Throws an error that would happen again. */
  async survive<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
    for (let attempt = 1; !this.#options.signal.aborted; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        await this.passed(error, attempt);
      }
    }
    return undefined;
  }

  /**
   * Resolves when it makes sense to try again what has failed with this error for the nth time. Throws an error that would
   * happen again; when the worker stops, none.
   */
  async passed(error: unknown, attempt: number): Promise<void> {
    const { signal, onError } = this.#options;
    if (signal.aborted) return;
    const blamed = isOver(error) ? 'event' : blame(error);
    if (blamed === 'event') throw meaningOf(error);
    if (blamed === 'server') return await this.#recovered(meaningOf(error));
    onError(meaningOf(error));
    await this.#pause(pauseLength(attempt, Math.random()));
  }

  #recovered(error: unknown): Promise<void> {
    if (this.#recovery === undefined) {
      this.#options.onError(error);
      this.#recovery = this.#recover().finally(() => (this.#recovery = undefined));
    }
    return this.#recovery;
  }

  async #recover(): Promise<void> {
    // A database that answers and is lost again at once gets longer pauses, too.
    if (performance.now() - this.#backAt > PAUSES.longest) this.#wait = PAUSES.first;
    for (;;) {
      await this.#pause(this.#wait);
      this.#wait = Math.min(this.#wait * 2, PAUSES.longest);
      if (this.#options.signal.aborted) return;
      try {
        await query(this.#options.knex, 'SELECT 1');
        this.#backAt = performance.now();
        return this.#options.onBack();
      } catch (error) {
        if (isOver(error) || blame(error) === 'event') throw meaningOf(error);
      }
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.#options.signal }).catch(() => {});
  }
}

/** True when this program will not reach the database again. */
function isOver(error: unknown): boolean {
  return error instanceof DatabaseClosedError || error instanceof DatabaseStoppedError;
}

/** An error of the database as one of this library; any other as it is. */
function meaningOf(error: unknown): unknown {
  // Positions tell afterwards what became of it.
  if (error instanceof CommitInterruptedError) return storeError(error.cause);
  return sqlState(error) === undefined && blame(error) === 'event' ? error : storeError(error);
}
