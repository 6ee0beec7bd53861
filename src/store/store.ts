import type { CommittedEvent, NewEvent, NewSnapshot, Snapshot } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';
import type { NumberMode } from '../json/types.js';
import type { Result } from '../result.js';
import type { Interop } from './commit/interop.js';
import type { CommitProjection } from './commit/positioned-projection.js';
import type { NewCommand } from './commit/commit-content.js';
import type { JoinOptions } from './transactions/joined.js';
import type { EventPlace, LastEvent } from './read/last-event.js';

export type { CommitProjection, PositionedProjection, Projection } from './commit/positioned-projection.js';

/** The events as they were committed, in sequence order; or `retry_command` when one of their sequences was taken. */
export type CommitResult = Result<CommittedEvent[], 'retry_command'>;

/** The result of a commit with a command: also `repeated_command` when a command was carried out under its id before. */
export type CommandCommitResult = Result<CommittedEvent[], 'retry_command' | 'repeated_command'>;

/** The facts that are remembered of a command that was carried out. */
export type CarriedOutCommand = Pick<NewCommand, 'digest' | 'firstSequence' | 'lastSequence'>;

/** The reads by which an aggregate is loaded, of a store or of a transaction. */
export type AggregateReads = Pick<Store, 'getCommand' | 'getEvents' | 'getLastEvent' | 'getSnapshot' | 'streamEvents'>;

/** A turn at an aggregate that is asked for. */
export interface WantedTurn {
  readonly aggregateId: Timestamp;
  /** Time in milliseconds for which whoever commits between turns may go on when this turn is the next: a whole number. */
  readonly grace: number;
  /** The arguments of the first `getEvents` in the turn, which is then answered without another round trip. */
  readonly read: { readonly minSequence: number; readonly options: Omit<EventReadOptions, 'transaction'> };
  readonly projections: readonly CommitProjection[];
  /**
   * Decides what is to be committed, nothing if `undefined`. Has to read with what it is given. Called again when somebody who did not wait for a
   * turn was faster.
   */
  readonly decide: (reads: AggregateReads) => Promise<TurnDecision | undefined>;
}

/** A turn that came. */
export interface TakenTurn {
  /** Others had the turn when it was asked for. */
  readonly waited: boolean;
  /** The result of the last decision; without events when nothing was to be committed. */
  readonly result: CommandCommitResult;
}

/** The result of a commit between turns: also `turn_awaited` when somebody waits for a turn; then nothing is committed. */
export type BetweenTurnsResult = Result<CommittedEvent[], 'retry_command' | 'repeated_command' | 'turn_awaited'>;

/** The events and the command to be committed in a turn. */
export interface TurnDecision {
  readonly events: readonly NewEvent[];
  readonly command?: NewCommand | undefined;
}

/** Options for reading one aggregate. */
export interface ReadOptions extends JoinOptions {
  /** The last sequence to read, inclusive. @defaultValue 2147483647 */
  readonly maxSequence?: number;
  /** The mode of numbers in bodies. @defaultValue 'plain' */
  readonly numbers?: NumberMode;
}

/** Options for reading the events of one aggregate. */
export interface EventReadOptions extends ReadOptions {
  /**
   * Largest number of events to return, those with the lowest sequences. A store that cannot stop early may return
   * more, so a caller has to be ready for that. @defaultValue all
   */
  readonly limit?: number | undefined;
}

/** Options for asking for the last event of an aggregate. */
export interface LastEventOptions extends JoinOptions {
  /** A timestamp: look also for an event with a later one. @defaultValue only the last event */
  readonly ahead?: Timestamp | undefined;
  /** With `ahead`: the latest timestamp that counts. @defaultValue any */
  readonly until?: Timestamp | undefined;
}

/**
 * An event store. `storeContract` of `maestro-store/testing` tests all that is promised here. Mirrors `Maestro.Store`
 * of Elixir. Failures that are not named here throw a `MaestroError`. With the option `transaction` a store works
 * inside that transaction, or throws `InvalidArgumentError`; it never works outside it instead.
 */
export interface Store {
  /** Another reader of the tables: values that it cannot read are refused. */
  readonly interop?: Interop | undefined;

  /**
   * Commits all events or none, and runs every projection for every event, in order, in the same transaction. Without
   * projections it is {@link commitEvents}. A projection's error rolls everything back and is thrown as the cause of a
   * `ProjectionError`; a store that cannot run projections throws `ProjectionsUnsupportedError` instead of dropping
   * them. The caller assigns the sequences, as for {@link commitEvents}. Mirrors `Maestro.Store.commit_all`.
   */
  commitAll(
    events: readonly NewEvent[],
    projections?: readonly CommitProjection[],
    options?: JoinOptions,
  ): Promise<CommitResult>;

  /**
   * Commits all events or none. A taken (aggregate id, sequence) gives the result `retry_command`; a taken timestamp
   * throws `DuplicateTimestampError`; an invalid event throws `InvalidEventError` before anything is sent. Without
   * events: ok, without a query. A transaction of the application can go on after each of these results.
   *
   * The caller assigns the sequences: 1 for the first event of an aggregate, then one more than its last. A sequence
   * that leaves a gap is stored as it is, since looking would cost a query, and an aggregate with a gap cannot be
   * loaded any more (`IncompleteHistoryError`). `appendEvents` assigns them itself, and so do the commands of
   * aggregates. Mirrors `Maestro.Store.commit_events`.
   */
  commitEvents(events: readonly NewEvent[], options?: JoinOptions): Promise<CommitResult>;

  /**
   * Commits as {@link commitAll} does, and remembers the command that the events belong to, with them or not at all.
   * `repeated_command` when a command was carried out under its id before: then nothing is committed. The events may be
   * none. Optional, with {@link getCommand}; with both, `evaluate` takes a `commandId`.
   */
  commitCommand?(
    command: NewCommand,
    events: readonly NewEvent[],
    projections?: readonly CommitProjection[],
    options?: JoinOptions,
  ): Promise<CommandCommitResult>;

  /** The command of an aggregate that was carried out under an id; `undefined` when none was, or it was pruned. */
  getCommand?(aggregateId: Timestamp, commandId: string, options?: JoinOptions): Promise<CarriedOutCommand | undefined>;

  /**
   * Waits until it is this writer's turn at an aggregate, in the order of asking; then decides and commits as {@link commitCommand} does. Who
   * does not ask, {@link commitEvents} say, may still be faster. `undefined` when the turn did not come in time or there are no turns: then
   * nothing was committed. Throws also what `decide` throws. Never inside a transaction. Optional; with it, `evaluate` is fair to writers
   * that compete for an aggregate.
   */
  commitInTurn?(turn: WantedTurn): Promise<TakenTurn | undefined>;

  /**
   * Commits the events of one aggregate, at least one, as {@link commitCommand} does, unless somebody waits for a turn at that aggregate and those
   * who commit between turns have to make room. Optional, with {@link commitInTurn}.
   */
  commitBetweenTurns?(events: readonly NewEvent[], command?: NewCommand): Promise<BetweenTurnsResult>;

  /**
   * Stores a snapshot if it is newer than the aggregate's stored one, in its place; `stale` when it is not (the same
   * sequence is not newer). Throws `InvalidSnapshotError`. Mirrors `Maestro.Store.commit_snapshot`.
   */
  commitSnapshot(snapshot: NewSnapshot, options?: JoinOptions): Promise<'committed' | 'stale'>;

  /**
   * The events of one aggregate with minSequence ≤ sequence ≤ maxSequence, by sequence (never by timestamp: clocks
   * skew). Without minSequence, from the first. Mirrors `Maestro.Store.get_events`.
   */
  getEvents(aggregateId: Timestamp, minSequence?: number, options?: EventReadOptions): Promise<CommittedEvent[]>;

  /**
   * The events that {@link getEvents} returns, one at a time in bounded memory: reads on only as the caller takes them.
   */
  streamEvents(aggregateId: Timestamp, minSequence?: number, options?: EventReadOptions): AsyncIterable<CommittedEvent>;

  /**
   * The stored snapshot if minSequence ≤ its sequence ≤ maxSequence, else `undefined`. Without minSequence, whichever is
   * stored. Mirrors `Maestro.Store.get_snapshot`.
   */
  getSnapshot(aggregateId: Timestamp, minSequence?: number, options?: ReadOptions): Promise<Snapshot | undefined>;

  /**
   * Sequence and timestamp of an aggregate's last event; `undefined` when it has none. With `ahead` also `latest`: the
   * event with the latest timestamp, if that is not the last event and is later than `ahead` (and no later than
   * `until`), as happens when clocks differ. Optional; with it, new events get timestamps later than all of the
   * history, also than the part that a snapshot stands for.
   */
  getLastEvent?(aggregateId: Timestamp, options?: LastEventOptions): Promise<(LastEvent & EventPlace) | undefined>;
}
