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
   * Resolves when all events that were committed before the call are taken in: by the tables in use, and by those that a rebuild fills, which
   * are then in use, unless something is in the way of that. `parked` is the number of aggregates, of all definitions together,
   * that were left out because they are parked.
   *
   * Rejects with the error of a projection that cannot be set up or rebuilt, after one more attempt; all others have caught up then.
   * Rejects with the reason of the signal (an `AbortError`) when the worker is stopped before, and with what made it fail. A projection that is at a newer version in
   * the database is not waited for, nor one whose rebuild was cancelled.
   */
  caughtUp(): Promise<{ readonly parked: number }>;
  /**
   * Resolves when the worker has stopped, because its signal was aborted or the database was closed: within a second, after
   * which no timer keeps the process alive. A transaction that has not ended by then is rolled back when its handler returns. A handler of a subscription
   * that has opened none is not undone: its event is recorded when it returns, if the database is still open.
   *
   * Rejects with what made the worker fail for good: Maestro's tables are missing, the role may not write, none of the
   * projections can be set up, `onError` or `onProgress` throws. Handle it where there is no `onError`: a rejection that nobody handles ends a Node.js
   * process.
   */
  readonly stopped: Promise<void>;
}

/**
 * Takes events into read models and subscriptions: catches up with the log, then follows it, until the signal is aborted. Any
 * number of processes may do so at the same time and share the work. Begins to rebuild a read model whose version is higher
 * than that in the database, and puts it into use when it is filled. A connection that breaks is made again, after growing
 * pauses. Returns at once; throws `InvalidArgumentError` for a database, definitions or options that cannot be used.
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
