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
