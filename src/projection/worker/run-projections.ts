import { driverOf } from '../../store/driver/driver-of.js';
import type { AnyProjection } from '../definition.js';
import {
  checkedDatabase,
  checkedDefinitions,
  checkedOptions,
  type ProjectedDatabase,
  type RunProjectionsOptions,
} from './options.js';
import { Worker } from './worker.js';

/** A worker that takes events into read models and subscriptions. */
export interface ProjectionWorker {
  /**
   * Resolves when all events that were committed before the call are taken in, by read models in use and by those that are
   * being built, or belong to parked aggregates, whose number it gives; a rebuild is then in use, unless something is in its
   * way. Rejects when the worker stops before that, and with what keeps one of the projections from being set up or rebuilt,
   * which is tried again first: nothing is taken in by the tables of its version then. One that is at a newer version in the
   * database, or whose rebuild was given up, is left alone.
   */
  caughtUp(): Promise<{ readonly parked: number }>;
  /**
   * Resolves when the worker has stopped, because its signal was aborted or the database was closed: within a second, after
   * which no timer keeps the process alive. Transactions that have not ended by then are rolled back when their handlers
   * return; a subscription's handler without one that returns so late has its event recorded, if the database is still open.
   * Rejects with what made the worker fail for good: tables that are missing, a role that may not write, projections none of
   * which can be set up, an error that `onError` or `onProgress` throws.
   */
  readonly stopped: Promise<void>;
}

/**
 * Takes events into read models and subscriptions: catches up with the log, then follows it, until the signal is aborted. Any
 * number of processes may do so at the same time and share the work. Begins to rebuild a read model whose version is higher
 * than that in the database, and puts it into use when it is filled. A connection that breaks is made again, after growing
 * pauses. Returns at once; throws `InvalidArgumentError` for what cannot be run.
 *
 * ```ts
 * const stop = new AbortController();
 * const worker = runProjections(database, [owners, mails], { signal: stop.signal, onError: console.error });
 * await worker.caughtUp();
 * process.once('SIGTERM', () => stop.abort());
 * await worker.stopped;
 * ```
 */
export function runProjections(
  database: ProjectedDatabase,
  definitions: readonly AnyProjection[],
  options: RunProjectionsOptions = {},
): ProjectionWorker {
  const { knex, schema } = checkedDatabase(database);
  const checked = checkedOptions(options, driverOf(knex).isEmbedded);
  const worker = new Worker(knex, schema, checkedDefinitions(definitions), checked);
  const stopped = new Promise<void>((resolve, reject) => {
    worker.run().then(resolve, (error: Error) => {
      // A promise that nobody looks at would end the process.
      if (worker.hasTold) stopped.catch(() => {});
      reject(error);
    });
  });
  return { caughtUp: () => worker.caughtUp(), stopped };
}
