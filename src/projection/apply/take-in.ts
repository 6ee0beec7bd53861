import type { Knex } from 'knex';
import type { StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { pauseAfter } from '../../store/commit/backoff.js';
import { CommitInterruptedError } from '../../store/driver/driver.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { query } from '../../store/read/rows.js';
import type { Copy } from '../copies/copy.js';
import type { ReadModelDefinition } from '../definition.js';
import { lockPositions, PositionsBusy } from './lock-positions.js';
import { park, type Parked } from './parked.js';
import { blame, failureText } from './passing.js';
import { EventFailure } from './run-events.js';
import { batchGroups } from './batch-groups.js';
import { type BatchSize, batchSize } from './batch-size.js';
import { divided, halves } from './divide.js';
import type { MissingEvents } from './missing-events.js';
import { takeBatch, type TakenBatch, type Wanted } from './take-batch.js';

/** A database, and the schema in it that has the log. */
export interface Place {
  readonly knex: Knex;
  readonly schema: string;
}

/** An aggregate that was parked because of an event. */
export interface FailedEvent extends Parked {
  /** The error itself, whose text is kept as `error`. */
  readonly cause: unknown;
}

/** The result of taking in, for some aggregates. */
export interface TakenIn {
  /** Number of events that were taken in, those included that no handler is for. */
  readonly taken: number;
  /** Aggregates that may have more events. */
  readonly behind: readonly Timestamp[];
  /** Aggregates that another transaction was taking in. */
  readonly locked: readonly Timestamp[];
  /** Aggregates that were parked because an event failed. */
  readonly failed: readonly FailedEvent[];
  /** Aggregates that were parked because the log lacks an event before others. */
  readonly gaps: readonly Parked[];
  /** The copy has no longer the status that it had, so nothing more was done. */
  readonly isGone: boolean;
}

/** Options of {@link takeIn}. */
export interface TakeInOptions {
  /** Largest number of events in one transaction. @defaultValue 2000 */
  readonly maxEvents?: number;
  /** Rolls back what is under way and ends when it is aborted: its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each transaction with the number of events that it took in. */
  readonly onTaken?: ((events: number) => void) | undefined;
}

/** Largest number of aggregates of which one is busy that are taken one by one, after all others; more are divided. */
const FEW = 16;
/** Number of attempts in a row that may meet other transactions; after them it is taken for something that the handler always does. */
const MAX_MEETINGS = 8;
/** Number of times that one event may fail alone as if others were to blame, while the server answers. */
const MAX_SUSPICIONS = 3;

/**
 * Has a copy take in what it is missing of some aggregates, once over all of them, in transactions of so many events that their
 * bodies are about a megabyte. An event that fails parks its aggregate; all before it is kept, and all other aggregates go on. Throws only
 * what no event is to blame for: the connection broke, the server is away or full, the same deadlock came again and again. Then
 * nothing is lost or done twice; try again later.
 */
export async function takeIn(
  place: Place,
  copy: Copy,
  definition: ReadModelDefinition,
  aggregates: readonly Timestamp[],
  options: TakeInOptions = {},
): Promise<TakenIn> {
  return await new Taking(place, copy, definition, options).all(aggregates);
}

class Taking {
  readonly #place: Place;
  readonly #copy: Copy;
  readonly #definition: ReadModelDefinition;
  readonly #options: TakeInOptions;
  readonly #size: BatchSize;
  /** Batches that are still to be taken, the next one last. */
  readonly #batches: (readonly Wanted[])[] = [];
  #taken = 0;
  #meetings = 0;
  #isGone = false;
  /** Number of times that events failed alone as if others were to blame. */
  readonly #suspects = new Map<string, number>();
  /** Aggregates whose turn did not come, since others had so many events. */
  readonly #unread: Timestamp[] = [];
  /** Those of a few of which some are busy: each of them costs a wait. */
  readonly #oneByOne: Wanted[] = [];
  readonly #behind = new Map<string, Timestamp>();
  readonly #locked: Timestamp[] = [];
  readonly #failed: FailedEvent[] = [];
  readonly #gaps: Parked[] = [];

  constructor(place: Place, copy: Copy, definition: ReadModelDefinition, options: TakeInOptions) {
    this.#place = place;
    this.#copy = copy;
    this.#definition = definition;
    this.#options = options;
    this.#size = batchSize(definition);
  }

  async all(aggregates: readonly Timestamp[]): Promise<TakenIn> {
    const { knex, schema } = this.#place;
    for (const group of await batchGroups(knex, schema, aggregates)) await this.#takeGroup(group);
    for (const wanted of this.#oneByOne) await this.#takeAll([wanted]);
    const parked = new Set(this.#failed.map(({ aggregateId }) => aggregateId.hex));
    return {
      taken: this.#taken,
      behind: [...this.#behind.values()].filter(({ hex }) => !parked.has(hex)),
      locked: this.#locked,
      failed: this.#failed,
      gaps: this.#gaps,
      isGone: this.#isGone,
    };
  }

  async #takeGroup(aggregates: readonly Timestamp[]): Promise<void> {
    for (let next = 0; (next < aggregates.length || this.#unread.length > 0) && !this.#isGone;) {
      const count = Math.max(1, Math.ceil(this.#limit() / this.#size.perAggregate));
      const again = this.#unread.splice(0, count);
      const batch = [...again, ...aggregates.slice(next, next + count - again.length)];
      next += count - again.length;
      await this.#takeAll(batch.map((aggregateId) => ({ aggregateId })));
    }
  }

  async #takeAll(batch: readonly Wanted[]): Promise<void> {
    this.#push(batch);
    for (let part = this.#batches.pop(); part !== undefined; part = this.#batches.pop()) await this.#take(part);
  }

  #limit(): number {
    return Math.min(this.#size.events, this.#options.maxEvents ?? 2000);
  }

  async #take(batch: readonly Wanted[]): Promise<void> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    if (this.#isGone) return;
    const { knex, schema } = this.#place;
    let missing: readonly MissingEvents[] = [];
    let isCommitting = false;
    const limit = this.#limit();
    const began = performance.now();
    const options = { limit, signal, onRead: (read: typeof missing) => (missing = read) };
    try {
      const taken = await driverOf(knex).transaction(
        async (transaction) => {
          const done = await takeBatch(transaction, schema, this.#copy, this.#definition, batch, options);
          isCommitting = true;
          return done;
        },
        { repeatable: true },
      );
      if (taken === undefined) this.#isGone = true;
      else this.#took(batch, taken, limit, performance.now() - began);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof PositionsBusy) this.#busy(batch);
      else if (error instanceof EventFailure) await this.#failedAt(batch, missing, error);
      // A constraint that is checked at the end, say; or a deadlock with others who lock positions.
      else if (isCommitting || blame(error) === 'met')
        await this.#failedAt(batch, missing, new EventFailure(undefined, error));
      else throw error;
    }
  }

  #took(batch: readonly Wanted[], done: TakenBatch, limit: number, duration: number): void {
    const { taken, behind, unread, locked, gaps } = done;
    this.#meetings = 0;
    this.#taken += taken;
    this.#locked.push(...locked);
    this.#gaps.push(...gaps);
    this.#unread.push(...unread);
    for (const aggregateId of behind) this.#behind.set(aggregateId.hex, aggregateId);
    for (const { aggregateId, last } of batch) if (last !== undefined) this.#behind.set(aggregateId.hex, aggregateId);
    if (taken === 0) return;
    this.#size.adapt(done, limit, duration);
    this.#options.onTaken?.(taken);
  }

  #busy(batch: readonly Wanted[]): void {
    if (batch.length === 1) this.#locked.push(...batch.map(({ aggregateId }) => aggregateId));
    else if (batch.length <= FEW) this.#oneByOne.push(...batch);
    else this.#push(...halves(batch));
  }

  /** Divides what failed until one event is left, which is parked; throws what no event is to blame for. */
  async #failedAt(batch: readonly Wanted[], missing: readonly MissingEvents[], failure: EventFailure): Promise<void> {
    const { cause } = failure;
    const fault = blame(cause instanceof CommitInterruptedError ? cause.cause : cause);
    if (fault === 'met') {
      this.#meetings += 1;
      if (this.#meetings < MAX_MEETINGS) {
        this.#push(...halves(batch));
        return await pauseAfter(this.#meetings);
      }
    }
    if (missing.length === 0 || (fault === 'server' && !(await this.#answers()))) throw cause;
    const [only, ...others] = missing.flatMap(({ events }) => events);
    if (only !== undefined && others.length === 0) {
      if (fault !== 'event' && this.#isSuspect(only)) {
        this.#push(batch);
        return await pauseAfter(1);
      }
      await this.#park(only, cause);
      this.#push(batch.filter(({ aggregateId }) => !aggregateId.equals(only.aggregateId)));
    } else this.#push(...divided(batch, missing, failure.event));
  }

  /** True when the server answers, so that what looked like its failure may be the handler's. */
  async #answers(): Promise<boolean> {
    const answer = query(this.#place.knex, 'SELECT 1');
    return await answer.then(
      () => true,
      () => false,
    );
  }

  /** True for the first failures of an event that fails alone as if others were to blame. */
  #isSuspect({ aggregateId, sequence }: StoredEvent): boolean {
    const key = `${aggregateId.hex} ${sequence}`;
    const failures = (this.#suspects.get(key) ?? 0) + 1;
    this.#suspects.set(key, failures);
    return failures < MAX_SUSPICIONS;
  }

  async #park({ aggregateId, sequence }: StoredEvent, cause: unknown): Promise<void> {
    const { knex, schema } = this.#place;
    const facts = { aggregateId, sequence, reason: 'failed' as const, error: failureText(cause) };
    const parked = await driverOf(knex).transaction(async (transaction) => {
      const found = await lockPositions(transaction, schema, this.#copy, [aggregateId]);
      // Another one may have taken the event in meanwhile.
      if (found?.positions[0]?.position !== sequence - 1) return undefined;
      return await park(transaction, schema, this.#copy.id, facts);
    });
    if (parked === undefined) this.#behind.set(aggregateId.hex, aggregateId);
    else this.#failed.push({ ...parked, cause });
  }

  /** Has batches be taken next, in this order. */
  #push(...batches: readonly (readonly Wanted[])[]): void {
    this.#batches.push(...batches.filter((batch) => batch.length > 0).toReversed());
  }
}
