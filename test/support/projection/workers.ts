import { EventEmitter, once } from 'node:events';
import type { ExecutionContext } from 'ava';
import type { AnyProjection } from '../../../src/projection/definition.js';
import type { ProjectedDatabase, RunProjectionsOptions } from '../../../src/projection/worker/options.js';
import { runProjections } from '../../../src/projection/worker/run-projections.js';

/** A worker of a test: what it told, and how to end it. */
export interface TestWorker {
  caughtUp(): Promise<{ readonly parked: number }>;
  readonly stopped: Promise<void>;
  /** Stops it, and waits until it has stopped. */
  stop(): Promise<void>;
  /** The errors that it told, in order. */
  readonly errors: readonly unknown[];
  /** Waits until so many errors were told, and gives the last of them. */
  toldError(count?: number): Promise<unknown>;
  /** Waits until a condition holds, which is looked at whenever events have been taken in. */
  until(condition: () => boolean | Promise<boolean>): Promise<void>;
}

/** Starts a worker that ends with the test. */
export function startWorker(
  t: ExecutionContext,
  database: ProjectedDatabase,
  definitions: readonly AnyProjection[],
  options: Omit<RunProjectionsOptions, 'signal' | 'onError' | 'onProgress'> = {},
): TestWorker {
  const controller = new AbortController();
  const errors: unknown[] = [];
  const changes = new EventEmitter();
  const changed = () => changes.emit('change');
  const until = async (condition: () => boolean | Promise<boolean>) => {
    for (;;) {
      const change = once(changes, 'change');
      if (await condition()) return;
      await Promise.race([change, worker.stopped.then(() => Promise.reject(new Error('The worker has stopped.')))]);
    }
  };
  const worker = runProjections(database, definitions, {
    ...options,
    signal: controller.signal,
    onError: (error) => {
      errors.push(error);
      changed();
    },
    onProgress: changed,
  });
  const stop = async () => {
    controller.abort();
    await worker.stopped;
  };
  t.teardown(() => stop().catch(() => {}));
  return {
    ...worker,
    stop,
    errors,
    toldError: async (count = 1) => {
      await until(() => errors.length >= count);
      return errors[count - 1];
    },
    until,
  };
}
