import type { Knex } from 'knex';
import { InvalidArgumentError } from '../errors.js';
import { Timestamp } from '../hlc/timestamp.js';
import { ok, type Result } from '../result.js';
import { type Activity, activityOf } from '../store/driver/activity.js';
import { checkedTransaction, type JoinOptions, whenEnded } from '../store/driver/joined.js';
import { joined } from '../store/joined-store.js';
import type { Store } from '../store/store.js';
import { AggregateRoot } from './aggregate-root.js';
import type { Aggregate } from './definition/definition.js';
import type { EvaluateOptions, Evaluation, EvaluationValue } from './evaluation.js';
import { fold, type History } from './history.js';
import { type AggregatesOptions, assertInteger, resolveOptions, type RootContext } from './options.js';
import { replayAt } from './replay-at.js';
import { AggregateCache } from './aggregate-cache.js';
import type { AggregateTypes, CommandOf } from './definition/types.js';

/** The type of the aggregates that {@link openAggregates} gives for a definition: `AggregatesOf<typeof BankAccount>`. */
export type AggregatesOf<Definition extends Aggregate> =
  Definition extends Aggregate<infer Types> ? Aggregates<Types> : never;

/**
 * The aggregates of one kind, each hydrated when it is first needed and kept in memory as long as the idle policy lets
 * it. Commands on one aggregate run one after another, those on different aggregates at the same time. States that are
 * handed out are frozen: they are shared. Made by {@link openAggregates}.
 *
 * With `transaction` a method works inside a transaction of the application: what it reads and commits is that
 * transaction's, and is undone with it. It then works beside what is in memory, from the log as the transaction sees it, and
 * waits for no command of others. Whoever waits for a method inside a transaction, a projection too, hands that
 * transaction on; without, the method may wait for the connection or the events that the transaction itself holds.
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

  /** How many aggregates are in memory: those in use, and the idle ones. */
  get size(): number {
    return this.#cache.size;
  }

  /** An id for a new aggregate. Nothing is written before its first event. Mirrors `new` of Elixir. */
  create(): Timestamp {
    return this.#context.clock.now();
  }

  /**
   * Decides on a command and commits the events that its handler returns, with the projections in the same transaction.
   * `{ok: true, value: {events, state, sequence}}`, or `{ok: false, error}` with the reason of the handler's rejection,
   * which was decided on what was in the log then. When another writer was faster, reads the newer events and decides
   * again, after random pauses that grow up to 200 ms.
   *
   * Whatever is thrown, nothing was committed, but for `OutcomeUnknownError`: `RetryLimitError` after the last attempt;
   * `InvalidHandlerError` and `HandlerError` for a definition that cannot handle the command or its events;
   * `EventSchemaError` and `InvalidEventError` for bodies that must not be stored; `ProjectionError`; `ClockDriftError`
   * when the aggregate's last event is further ahead of this clock than it accepts; `IncompleteHistoryError`; what a
   * command handler throws, as it is; and all that a store throws. Inside a transaction that is true of the transaction:
   * it goes on after every error but `ConnectionLostError` and `SerializationError`, and nothing is durable before it is
   * committed. Mirrors `evaluate` of Elixir.
   */
  async evaluate<Type extends keyof Types['commands'] & string, Part extends keyof Evaluation<Types> = never>(
    id: Timestamp,
    command: CommandOf<Types['commands'], Type>,
    options: EvaluateOptions<Part> = {},
  ): Promise<Result<EvaluationValue<Types, Part>, Types['commands'][Type]['rejection']>> {
    if (typeof command !== 'object' || command === null || typeof command.type !== 'string')
      throw new InvalidArgumentError('A command is an object {type, data} with a string for its type.');
    const part = options.return;
    if (part !== undefined && !['events', 'state', 'sequence'].includes(part))
      throw new InvalidArgumentError(`return is 'events', 'state' or 'sequence'; got ${JSON.stringify(part)}.`);
    const result = await this.#use(id, options.transaction, (root) => root.evaluate(command));
    if (!result.ok) return result;
    const value = part === undefined ? result.value : result.value[part as 'events'];
    return ok(value as EvaluationValue<Types, Part>);
  }

  /**
   * The state as this process knows it: current when nobody else writes, else perhaps behind. Reads the log only for an
   * aggregate that is not in memory, and inside a transaction. One without events has the initial state. Throws
   * `DatabaseClosedError` once closing has begun, also for one in memory. Mirrors `get` of Elixir.
   */
  async get(id: Timestamp, { transaction }: JoinOptions = {}): Promise<Types['state']> {
    assertId(id);
    if (transaction === undefined) this.#activity.assertOpen();
    const known = transaction === undefined ? this.#cache.recall(id.hex)?.known : undefined;
    return (known ?? (await this.#use(id, transaction, async (root) => root.known ?? root.fetch()))).state;
  }

  /** The state with all that is in the log now. Mirrors `fetch` of Elixir. */
  async fetch(id: Timestamp, { transaction }: JoinOptions = {}): Promise<Types['state']> {
    return (await this.#use(id, transaction, (root) => root.fetch())).state;
  }

  /**
   * The state right after the event with a sequence, as the log tells it: 0 gives the initial state, a sequence after the
   * last event the latest. Mirrors `replay` of Elixir.
   */
  async replay(id: Timestamp, sequence: number, { transaction }: JoinOptions = {}): Promise<Types['state']> {
    assertInteger('The sequence', sequence, 0);
    return (await this.#read(id, transaction, (history) => fold(history, { maxSequence: sequence }))).state;
  }

  /**
   * The state at a time: after the last event before which, and at which, no clock was later than that time. A `Date` or
   * milliseconds since 1970 include all of that millisecond. Reads the history from its first event.
   */
  async replayAt(
    id: Timestamp,
    time: Date | number | Timestamp,
    { transaction }: JoinOptions = {},
  ): Promise<Types['state']> {
    return (await this.#read(id, transaction, (history) => replayAt(history, time))).state;
  }

  /**
   * Stores the state with all that is in the log now as a snapshot; `stale` when the stored one is as new. Throws
   * `InvalidArgumentError` for an aggregate without events, and `InvalidSnapshotError` or `SnapshotLossError` for a state
   * that is no JSON, or that would not come back as it is. Mirrors `snapshot` of Elixir.
   */
  async snapshot(id: Timestamp, { transaction }: JoinOptions = {}): Promise<'committed' | 'stale'> {
    return await this.#use(id, transaction, (root) => root.takeSnapshot());
  }

  async #use<Answer>(
    id: Timestamp,
    transaction: Knex.Transaction | undefined,
    work: (root: AggregateRoot) => Promise<Answer>,
  ): Promise<Answer> {
    assertId(id);
    if (transaction !== undefined) return await this.#useInside(id, transaction, work);
    const make = () => new AggregateRoot(id, this.#context);
    return await this.#activity.command(() => this.#cache.use(id.hex, make, work, this.#onEvict));
  }

  /** A root of its own: one in memory must not know what may be undone, nor be waited for by whoever holds a transaction. */
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
    assertId(id);
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
 * Opens the aggregates of one kind on a store. Sends nothing by itself, holds no connection, and needs no closing; one
 * for each kind and process is what makes commands on one aggregate queue. Throws `InvalidArgumentError` for an option
 * out of bounds. Takes the place of `Maestro.Aggregate.Supervisor` of Elixir.
 */
export function openAggregates<Types extends AggregateTypes>(
  definition: Aggregate<Types>,
  options: AggregatesOptions,
): Aggregates<Types> {
  return new Aggregates(definition, options);
}

function assertId(id: unknown): void {
  if (!(id instanceof Timestamp))
    throw new InvalidArgumentError(`An aggregate id is a Timestamp; got ${typeof id}.`, {
      hint: 'Take one from create(), or make one with Timestamp.parse().',
    });
}
