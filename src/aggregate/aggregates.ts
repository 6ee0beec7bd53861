import type { Knex } from 'knex';
import type { Timestamp } from '../hlc/timestamp.js';
import { ok, type Result } from '../result.js';
import { type Activity, activityOf } from '../store/activity.js';
import { assertExpectable } from '../store/append.js';
import { checkedTransaction, type JoinOptions, whenEnded } from '../store/transactions/joined.js';
import { joined } from '../store/transactions/joined-store.js';
import { assertAggregateId } from '../store/assert-arguments.js';
import type { Store } from '../store/store.js';
import { AggregateRoot } from './aggregate-root.js';
import type { Aggregate } from './definition/definition.js';
import {
  assertCommand,
  assertEvaluateOptions,
  assertPart,
  assertReadOptions,
  type EvaluateOptions,
  type EvaluationPart,
  type EvaluationValue,
  type StateWithSequence,
} from './evaluation.js';
import { fold, type History } from './history.js';
import { type AggregatesOptions, assertInteger, resolveOptions, type RootContext } from './options.js';
import { replayAt } from './replay-at.js';
import { AggregateCache } from './aggregate-cache.js';
import { commandKey } from './command-key.js';
import { commandMetadata } from './command-metadata.js';
import type { StateAt } from './state-at.js';
import type { AggregateTypes, CommandOf } from './definition/types.js';

/**
 * The type of the aggregates that {@link openAggregates} returns for a definition: `AggregatesOf<typeof BankAccount>`.
 */
export type AggregatesOf<Definition extends Aggregate> =
  Definition extends Aggregate<infer Types> ? Aggregates<Types> : never;

/**
 * The aggregates of one definition. Each is loaded when it is first needed, and kept in memory as long as the idle
 * policy lets it. Commands on one aggregate run one after another, those on different aggregates at the same time.
 * Returned states are frozen, since they are shared. Made by {@link openAggregates}.
 *
 * With the option `transaction` a method works inside that transaction of the application: its reads and commits belong
 * to the transaction, and are undone with it. It then does not use the state in memory, but reads the log as the
 * transaction sees it, and waits for no other command. Code that runs inside a transaction, a projection too, must pass
 * that transaction on: without it, the method may wait forever for a connection or for events that the transaction
 * itself holds.
 */
export class Aggregates<Types extends AggregateTypes> {
  readonly #context: RootContext;
  readonly #cache: AggregateCache<AggregateRoot>;
  readonly #activity: Activity;
  readonly #onEvict: (root: AggregateRoot) => Promise<void>;

  /** Use {@link openAggregates}. */
  constructor(definition: Aggregate<Types>, options: AggregatesOptions) {
    const { context, maxIdle, snapshotsEvicted } = resolveOptions(definition, options);
    this.#context = context;
    this.#activity = activityOf(context.store);
    this.#cache = new AggregateCache(maxIdle);
    this.#onEvict = async (root) => {
      if (snapshotsEvicted) await root.snapshotIfChanged();
    };
  }

  /** Number of aggregates in memory, in use or not. */
  get size(): number {
    return this.#cache.size;
  }

  /** Returns an id for a new aggregate; writes nothing. Mirrors `new` of Elixir. */
  create(): Timestamp {
    return this.#context.clock.now();
  }

  /**
   * Decides on a command and commits the events that its handler returns, with the projections in the same transaction.
   * Returns `{ok: true, value: {events, state, sequence}}`, or `{ok: false, error}` with the reason of the handler's
   * rejection, which was decided on the state that was in the log then. When another writer was faster, waits for its turn
   * on a connection of the pool, up to a second, reads the newer events and decides again; where there are no turns, or too
   * late, after random pauses that grow up to 200 ms.
   *
   * After any error nothing was committed, except that `OutcomeUnknownError` leaves it open. Throws
   * `CommandIdReusedError` for the `commandId` of another command, `CommandAnswerLostError` when events of the first
   * answer are gone; `SequenceConflictError` when `expect` is not the sequence that the decision was made on; `RetryLimitError`
   * after the last attempt; `InvalidHandlerError` and `HandlerError` for a definition that cannot handle the command or
   * its events; `EventSchemaError` and `InvalidEventError` for bodies that must not be stored; `ProjectionError`;
   * `ClockDriftError` when the aggregate's last event is further ahead of this clock than it accepts;
   * `IncompleteHistoryError`; the errors of a command handler, unwrapped; and all errors of a store. Inside a
   * transaction the same holds for that transaction: it stays usable after every error but `ConnectionLostError` and
   * `SerializationError`, and nothing is durable before it is committed. Mirrors `evaluate` of Elixir.
   */
  async evaluate<Type extends keyof Types['commands'] & string, Part extends EvaluationPart = never>(
    id: Timestamp,
    command: CommandOf<Types['commands'], Type>,
    options: EvaluateOptions<Part> = {},
  ): Promise<Result<EvaluationValue<Types, Part>, Types['commands'][Type]['rejection']>> {
    assertCommand(command);
    assertEvaluateOptions(options);
    const { expect, commandId, return: part } = options;
    assertPart(part);
    assertExpectable(expect);
    const { type, data } = command;
    const metadata = commandMetadata(this.#context.metadata, options.metadata);
    const result = await this.#use(id, options.transaction, async (root) => {
      // When its turn has come, as the data is read: until then the caller may change it.
      const key = commandId === undefined ? undefined : commandKey(this.#context.store, commandId, { type, data });
      return await root.evaluate({ type, data, metadata }, { expect, key });
    });
    if (!result.ok) return result;
    const value = part === undefined ? result.value : result.value[part as 'events'];
    return ok(value as EvaluationValue<Types, Part>);
  }

  /**
   * The state as this process knows it: current when nobody else writes, else possibly outdated. Reads the log only for
   * an aggregate that is not in memory, and inside a transaction. An aggregate without events has the initial state.
   * Throws `DatabaseClosedError` once closing has begun, also for an aggregate in memory. Mirrors `get` of Elixir.
   */
  async get(id: Timestamp, options: JoinOptions = {}): Promise<Types['state']> {
    return (await this.getWithSequence(id, options)).state;
  }

  /**
   * The state that {@link get} gives, with the sequence of its last event (0 for none): what a client may send back as
   * `expect`, in an ETag for example.
   */
  async getWithSequence(id: Timestamp, options: JoinOptions = {}): Promise<StateWithSequence<Types>> {
    assertAggregateId(id);
    assertReadOptions(options);
    const { transaction } = options;
    if (transaction === undefined) this.#activity.assertOpen();
    const known = transaction === undefined ? this.#cache.recall(id.hex)?.known : undefined;
    return withSequence(known ?? (await this.#use(id, transaction, async (root) => root.known ?? root.fetch())));
  }

  /** The state with all events that are in the log now. Mirrors `fetch` of Elixir. */
  async fetch(id: Timestamp, options: JoinOptions = {}): Promise<Types['state']> {
    return (await this.fetchWithSequence(id, options)).state;
  }

  /** The state that {@link fetch} gives, with the sequence of its last event, 0 for none. */
  async fetchWithSequence(id: Timestamp, options: JoinOptions = {}): Promise<StateWithSequence<Types>> {
    assertReadOptions(options);
    const { transaction } = options;
    return withSequence(await this.#use(id, transaction, (root) => root.fetch()));
  }

  /**
   * The state right after the event with a sequence, from the log: 0 gives the initial state, a sequence after the last
   * event the latest state. Mirrors `replay` of Elixir.
   */
  async replay(id: Timestamp, sequence: number, options: JoinOptions = {}): Promise<Types['state']> {
    assertReadOptions(options);
    const { transaction } = options;
    assertInteger('The sequence', sequence, 0);
    return (await this.#read(id, transaction, (history) => fold(history, { maxSequence: sequence }))).state;
  }

  /**
   * The state at a time: before the first event with a later timestamp. A `Date` or a number of milliseconds since 1970
   * includes all of that millisecond. Reads the history from its first event.
   */
  async replayAt(id: Timestamp, time: Date | number | Timestamp, options: JoinOptions = {}): Promise<Types['state']> {
    assertReadOptions(options);
    const { transaction } = options;
    return (await this.#read(id, transaction, (history) => replayAt(history, time))).state;
  }

  /**
   * Stores the state with all events that are in the log now as a snapshot; `stale` when the stored one is as new.
   * Throws `InvalidArgumentError` for an aggregate without events, `InvalidSnapshotError` for a state that is not JSON,
   * and `SnapshotLossError` for one that would be another state when it is read again. Mirrors `snapshot` of Elixir.
   */
  async snapshot(id: Timestamp, options: JoinOptions = {}): Promise<'committed' | 'stale'> {
    assertReadOptions(options);
    const { transaction } = options;
    return await this.#use(id, transaction, (root) => root.takeSnapshot());
  }

  async #use<Answer>(
    id: Timestamp,
    transaction: Knex.Transaction | undefined,
    work: (root: AggregateRoot) => Promise<Answer>,
  ): Promise<Answer> {
    assertAggregateId(id);
    if (transaction !== undefined) return await this.#useInside(id, transaction, work);
    const make = () => new AggregateRoot(id, this.#context);
    return await this.#activity.command(() => this.#cache.use(id.hex, make, work, this.#onEvict));
  }

  /**
   * Uses a root of its own: the one in memory must not learn what may be rolled back, nor be waited for by a caller
   * that holds a transaction.
   */
  async #useInside<Answer>(
    id: Timestamp,
    transaction: Knex.Transaction,
    work: (root: AggregateRoot) => Promise<Answer>,
  ): Promise<Answer> {
    const root = new AggregateRoot(id, { ...this.#context, store: this.#store(transaction) });
    try {
      return await work(root);
    } finally {
      whenEnded(transaction, () => this.#cache.recall(id.hex)?.markStale());
    }
  }

  async #read<Answer>(
    id: Timestamp,
    transaction: Knex.Transaction | undefined,
    work: (history: History) => Promise<Answer>,
  ): Promise<Answer> {
    assertAggregateId(id);
    const { definition, onSnapshotError } = this.#context;
    const history = { definition, id, onSnapshotIgnored: (error: unknown) => onSnapshotError(error, id) };
    if (transaction !== undefined) return await work({ ...history, store: this.#store(transaction) });
    return await this.#activity.command(() => work({ ...history, store: this.#context.store }));
  }

  #store(transaction: Knex.Transaction): Store {
    return joined(this.#context.store, checkedTransaction(transaction));
  }
}

/**
 * Opens the aggregates of one definition on a store. Sends nothing by itself, holds no connection, and needs no
 * closing. Commands on one aggregate queue only within one `Aggregates` object, so open one for each definition and
 * process. Throws `InvalidArgumentError` for an option out of bounds. Takes the place of `Maestro.Aggregate.Supervisor`
 * of Elixir.
 */
export function openAggregates<Types extends AggregateTypes>(
  definition: Aggregate<Types>,
  options: AggregatesOptions,
): Aggregates<Types> {
  return new Aggregates(definition, options);
}

function withSequence<Types extends AggregateTypes>({ state, sequence }: StateAt): StateWithSequence<Types> {
  return { state, sequence };
}
