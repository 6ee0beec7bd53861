import type { Knex } from 'knex';
import type { CommittedEvent, StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { Executor } from '../driver/driver.js';

/**
 * A function that writes a read model in the transaction of the events. Called once for every event, in order; when it
 * throws or rejects, the events are rolled back with it.
 */
export type Projection = (event: CommittedEvent, transaction: Knex.Transaction) => unknown;

/** The property with what a store does with a projection, also of one made by another copy of this package. */
export const POSITIONED = Symbol.for('maestro-store.positioned');

/** The events of one aggregate in one commit, by sequence. */
export interface CommitRun {
  readonly aggregateId: Timestamp;
  readonly events: readonly StoredEvent[];
}

/** A database and a schema in it. */
export interface ProjectedPlace {
  readonly schema: string;
  /** The same object for the same database: what is known to be registered there is remembered by it. */
  readonly database: object;
}

/** The part of a projection with positions that a store runs, in the transaction of a commit. */
export interface InlineProjection {
  /**
   * Sees to it that the database knows the projection: registers it when nobody has. Called before the transaction of a commit, or
   * inside that of the application.
   */
  prepare(this: void, on: Executor, place: ProjectedPlace): Promise<void>;
  /** Takes in events that the position of their aggregate has been moved by. Throws `ProjectionError`. */
  project(this: void, transaction: Knex.Transaction, place: ProjectedPlace, runs: readonly CommitRun[]): Promise<void>;
  /**
   * Takes in events of aggregates whose positions were not right before them, after a few that are missing; or leaves an aggregate
   * to a worker. Throws `ProjectionError` for the events of the commit.
   */
  catchUp(this: void, transaction: Knex.Transaction, place: ProjectedPlace, runs: readonly CommitRun[]): Promise<void>;
}

/**
 * A projection whose tables follow the log by positions, made by `defineProjection`: what `openAggregates` and stores take. A subscription is none;
 * give it to `runProjections`.
 */
export interface PositionedProjection {
  readonly name: string;
  readonly version: number;
  /** Only what `defineProjection` made has it. */
  readonly [POSITIONED]: InlineProjection;
}

/** A projection that a commit takes: a function, or one that has positions. */
export type CommitProjection = Projection | PositionedProjection;

/** The projections of a commit, the two kinds apart. */
export interface CommitProjections {
  readonly functions: readonly Projection[];
  /** In the order of their names, in which all commits lock their positions. */
  readonly positioned: readonly PositionedProjection[];
}

/** No projections. */
export const NO_PROJECTIONS: CommitProjections = { functions: [], positioned: [] };

/** The projections of a commit, the two kinds apart. */
export function apartByKind(projections: readonly CommitProjection[]): CommitProjections {
  if (projections.length === 0) return NO_PROJECTIONS;
  const functions: Projection[] = [];
  const positioned: PositionedProjection[] = [];
  for (const projection of projections)
    if (typeof projection === 'function') functions.push(projection);
    else positioned.push(projection);
  if (positioned.length > 1) positioned.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { functions, positioned };
}
