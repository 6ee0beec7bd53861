import { InvalidArgumentError } from '../errors.js';
import { Timestamp } from '../hlc/timestamp.js';
import { ok, type Result } from '../result.js';
import { AggregateRoot, type RootContext } from './aggregate-root.js';
import type { Aggregate } from './definition.js';
import type { EvaluateOptions, Evaluation, EvaluationValue } from './evaluation.js';
import { fold, type History } from './history.js';
import { type AggregatesOptions, assertInteger, checkedOptions } from './options.js';
import { replayAt } from './replay-at.js';
import { Residents } from './residents.js';
import type { AggregateTypes, CommandOf } from './types.js';

/** The type of the aggregates that {@link openAggregates} gives for a definition: `AggregatesOf<typeof BankAccount>`. */
export type AggregatesOf<Definition extends Aggregate> =
  Definition extends Aggregate<infer Types> ? Aggregates<Types> : never;

/**
 * The aggregates of one kind, each hydrated when it is first needed and kept in memory as long as the idle policy lets
 * it. Commands on one aggregate run one after another, those on different aggregates at the same time. States that are
 * handed out are frozen: they are shared. So that a projection does not wait for itself, it must not call these methods
 * for the aggregate of its event. Made by {@link openAggregates}.
 */
export class Aggregates<Types extends AggregateTypes> {
  readonly #context: RootContext;
  readonly #residents: Residents<AggregateRoot>;
  readonly #keepEvicted: (root: AggregateRoot) => Promise<void>;

  /** Use {@link openAggregates}. */
  constructor(definition: Aggregate<Types>, options: AggregatesOptions) {
    const { context, maxIdle, keepsEvicted } = checkedOptions(definition, options);
    this.#context = context;
    this.#residents = new Residents(maxIdle);
    this.#keepEvicted = async (root) => {
      if (keepsEvicted) await root.keepSnapshot();
    };
  }

  /** How many aggregates are in memory: those in use, and the idle ones. */
  get size(): number {
    return this.#residents.size;
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
   * command handler throws, as it is; and all that a store throws. Mirrors `evaluate` of Elixir.
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
    const result = await this.#use(id, (root) => root.evaluate(command));
    if (!result.ok) return result;
    const value = part === undefined ? result.value : result.value[part as 'events'];
    return ok(value as EvaluationValue<Types, Part>);
  }

  /**
   * The state as this process knows it: current when nobody else writes, else perhaps behind. Reads the log only for an
   * aggregate that is not in memory. One without events has the initial state. Mirrors `get` of Elixir.
   */
  async get(id: Timestamp): Promise<Types['state']> {
    assertId(id);
    const known =
      this.#residents.recall(id.hex)?.known ?? (await this.#use(id, async (root) => root.known ?? root.fetch()));
    return known.state;
  }

  /** The state with all that is in the log now. Mirrors `fetch` of Elixir. */
  async fetch(id: Timestamp): Promise<Types['state']> {
    return (await this.#use(id, (root) => root.fetch())).state;
  }

  /**
   * The state right after the event with a sequence, as the log tells it: 0 gives the initial state, a sequence after the
   * last event the latest. Mirrors `replay` of Elixir.
   */
  async replay(id: Timestamp, sequence: number): Promise<Types['state']> {
    assertInteger('The sequence', sequence, 0);
    return (await fold(this.#history(id), { maxSequence: sequence })).state;
  }

  /**
   * The state at a time: after the last event before which, and at which, no clock was later than that time. A `Date` or
   * milliseconds since 1970 include all of that millisecond. Reads the history from its first event.
   */
  async replayAt(id: Timestamp, time: Date | number | Timestamp): Promise<Types['state']> {
    return (await replayAt(this.#history(id), time)).state;
  }

  /**
   * Stores the state with all that is in the log now as a snapshot; `stale` when the stored one is as new. Throws
   * `InvalidArgumentError` for an aggregate without events, and `InvalidSnapshotError` or `SnapshotLossError` for a state
   * that is no JSON, or that would not come back as it is. Mirrors `snapshot` of Elixir.
   */
  async snapshot(id: Timestamp): Promise<'committed' | 'stale'> {
    return await this.#use(id, (root) => root.takeSnapshot());
  }

  async #use<Answer>(id: Timestamp, work: (root: AggregateRoot) => Promise<Answer>): Promise<Answer> {
    assertId(id);
    const make = () => new AggregateRoot(id, this.#context);
    return await this.#residents.use(id.hex, make, work, this.#keepEvicted);
  }

  #history(id: Timestamp): History {
    assertId(id);
    const { definition, store, onSnapshotError } = this.#context;
    return { definition, store, id, onSnapshotIgnored: (error) => onSnapshotError(error, id) };
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
