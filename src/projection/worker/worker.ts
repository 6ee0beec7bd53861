import type { Knex } from 'knex';
import { commitHints } from '../../store/commit-hints.js';
import { DatabaseClosedError } from '../../store/errors.js';
import type { AnyProjection } from '../definition.js';
import { LeaseKeeper } from '../subscription/lease-keeper.js';
import { Alarm } from './alarm.js';
import { WorkerFailedError } from './errors.js';
import { Heartbeat } from './heartbeat.js';
import { runLane } from './lanes.js';
import type { CheckedOptions } from './options.js';
import { OwnCopies } from './own-copies.js';
import { Permits } from './permits.js';
import { runPulse } from './pulse.js';
import { Reachability } from './reachability.js';
import { Rebuilds } from './rebuilds.js';
import { retryRefused, runRetries } from './refusals.js';
import type { Running } from './running.js';
import { Search } from './search.js';
import { warnings } from './warnings.js';
import { WorkQueue } from './work-queue.js';

/** Most aggregates of one copy that wait for a lane. */
const MOST_WAITING = 10_000;
/** Kinds of work; each has lanes of its own. */
const KINDS = ['projection', 'subscription'] as const;
/** Longest wait for work that is under way when the worker stops, in milliseconds. */
const PATIENCE = 700;
/** Longest wait for what a worker does last, in milliseconds. */
const LAST_WORDS = 200;

/** Takes in events until it is stopped, the database is closed, or something fails for good. */
export class Worker {
  readonly #running: Running;
  readonly #search: Search;
  readonly #pulse = new Alarm();
  readonly #retries = new Alarm();
  readonly #stopping = new AbortController();
  readonly #besides = new Set<Promise<void>>();
  #isStopped = (): void => {};
  readonly #stopped = new Promise<void>((resolve) => (this.#isStopped = resolve));
  #failure: { readonly error: unknown } | undefined;
  /** True when the application has heard that it has failed: by `onError`, or because it waited for it to catch up. */
  hasTold = false;

  constructor(knex: Knex, schema: string, definitions: readonly AnyProjection[], options: CheckedOptions) {
    const { signal } = this.#stopping;
    const onError = options.onError ?? warnings();
    this.#running = {
      knex,
      schema,
      options,
      signal,
      onError,
      copies: new OwnCopies(knex, schema, definitions, onError),
      queue: new WorkQueue(MOST_WAITING),
      reach: new Reachability({ knex, signal, onError, onBack: () => this.#search.wantSweep() }),
      heartbeat: new Heartbeat(),
      keeper: new LeaseKeeper(options.lease, signal),
      searching: new Permits(1),
      working: new Permits(options.concurrency),
      handling: new Permits(options.concurrency),
      takenByOthers: new Set(),
      beside: (work) => this.#beside(work),
    };
    this.#search = new Search(this.#running, new Rebuilds(this.#running));
  }

  /** Resolves when it has stopped; rejects with what made it fail for good. Called once. */
  async run(): Promise<void> {
    const { knex, schema, options } = this.#running;
    const stop = () => this.#stop(options.signal?.reason);
    const stopListening = commitHints(knex, schema).listen((aggregates) => this.#search.offer(aggregates));
    options.signal?.addEventListener('abort', stop, { once: true });
    if (options.signal?.aborted === true) stop();
    await within(this.#work(), PATIENCE, this.#stopped);
    stopListening();
    options.signal?.removeEventListener('abort', stop);
    this.#running.queue.close();
    await within(this.#leave(), LAST_WORDS);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /**
   * Resolves when all that was committed before the call is taken in or parked. Rejects when the worker stops before, and with
   * what keeps a definition from taking in anything.
   */
  async caughtUp(): Promise<{ readonly parked: number }> {
    const { copies, signal } = this.#running;
    if (!signal.aborted) await retryRefused(this.#running);
    if (signal.aborted) {
      this.hasTold = true;
      throw signal.reason;
    }
    const outcome = await this.#search.caughtUp();
    if (copies.refusals.length > 0) throw copies.refusals[0];
    return outcome;
  }

  async #work(): Promise<void> {
    const running = this.#running;
    await this.#part(() => running.reach.survive(() => running.copies.register()).then(() => {}));
    const lanes = KINDS.flatMap((kind) =>
      Array.from({ length: running.options.concurrency }, () => this.#part(() => runLane(running, kind))),
    );
    const others = [
      this.#part(() => runPulse(running, this.#pulse)),
      this.#part(() => runRetries(running, this.#retries)),
      this.#part(() => this.#search.follow()),
      this.#part(() => this.#search.sweep()),
    ];
    await Promise.all([...lanes, ...others]);
    await Promise.all(this.#besides);
  }

  #beside(work: () => Promise<void>): void {
    const part = this.#part(work).finally(() => this.#besides.delete(part));
    this.#besides.add(part);
  }

  /** Runs a part of the worker, whose failure ends all others. */
  async #part(work: () => Promise<void>): Promise<void> {
    if (this.#running.signal.aborted) return;
    try {
      await work();
    } catch (error) {
      if (this.#running.signal.aborted) return;
      // Whoever closes the database wants the worker to end.
      if (!(error instanceof DatabaseClosedError)) this.#fail(error);
      this.#stop(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure = { error };
    const { onError } = this.#running.options;
    try {
      onError?.(new WorkerFailedError(error));
      this.hasTold ||= onError !== undefined;
    } catch {
      // It may be what has failed.
    }
  }

  #stop(reason: unknown): void {
    this.#stopping.abort(reason);
    this.#running.queue.wake();
    this.#pulse.wake();
    this.#retries.wake();
    const hadCallers = this.#search.end(this.#stopping.signal.reason);
    this.hasTold ||= hadCallers;
    this.#isStopped();
  }

  /** Takes the worker off the list of those that are alive, if the database can be reached. */
  async #leave(): Promise<void> {
    const { heartbeat, knex, schema } = this.#running;
    await heartbeat.end(knex, schema).catch(() => {});
  }
}

/** Waits for work, but no longer than so many milliseconds after something has happened. */
async function within(
  work: Promise<void>,
  milliseconds: number,
  since: Promise<void> = Promise.resolve(),
): Promise<void> {
  const alarm = new Alarm();
  let isOver = false;
  const patience = since.then(() => (isOver ? undefined : alarm.sleep(milliseconds)));
  await Promise.race([work, patience]);
  isOver = true;
  alarm.wake();
}
