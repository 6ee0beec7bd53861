import { DatabaseClosedError } from './errors.js';
import type { Executor } from './driver/driver.js';
import { clientOf } from './driver/relied-upon.js';

/** Calls and commands under way on a database, so that closing it can let them end first. */
export class Activity {
  #running = 0;
  #isClosing = false;
  #whenIdle: (() => void) | undefined;

  /** Throws {@link DatabaseClosedError} once closing has begun. */
  assertOpen(): void {
    if (this.#isClosing) throw closing();
  }

  /** Runs something that makes several calls. Throws {@link DatabaseClosedError} once closing has begun. */
  async command<Value>(work: () => Promise<Value>): Promise<Value> {
    this.assertOpen();
    return await this.#run(work);
  }

  /** Runs a call, which may be a part of a command. Throws {@link DatabaseClosedError} when closing and no command is left. */
  async call<Value>(work: () => Promise<Value>): Promise<Value> {
    if (!this.#isClosing) return await this.#run(work);
    if (this.#running === 0) throw closing();
    return await work();
  }

  /** Reads something to its end, as one thing that is under way from its first value on. Throws as {@link call} does. */
  async *stream<Value>(values: AsyncIterable<Value>): AsyncGenerator<Value> {
    const isPart = this.#isClosing;
    if (isPart && this.#running === 0) throw closing();
    if (!isPart) this.#running += 1;
    try {
      yield* values;
    } finally {
      if (!isPart) this.#ended();
    }
  }

  /** Begins closing: resolves when all that was under way is done. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
  }

  async #run<Value>(work: () => Promise<Value>): Promise<Value> {
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#ended();
    }
  }

  #ended(): void {
    this.#running -= 1;
    if (this.#running === 0) this.#whenIdle?.();
  }
}

/** Activities on databases, by Knex's client of each, and by each store on it. */
const activities = new WeakMap<object, Activity>();

/** The activity on the database of a Knex instance, which all stores on it share. */
export function databaseActivity(knex: Executor): Activity {
  return activityOf(clientOf(knex));
}

/** The activity on the database of a store. */
export function activityOf(store: object): Activity {
  let activity = activities.get(store);
  if (activity === undefined) activities.set(store, (activity = new Activity()));
  return activity;
}

/** Has a store share the activity on the database of the Knex instance that it works with. */
export function shareActivity(store: object, knex: Executor): Activity {
  const activity = databaseActivity(knex);
  activities.set(store, activity);
  return activity;
}

function closing(): DatabaseClosedError {
  return new DatabaseClosedError('The database is being closed by this program, so it takes no new work.', {
    hint: 'Close it when all that uses it is done, or open it again.',
  });
}
