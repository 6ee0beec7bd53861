import type { Aggregate } from '../../aggregate/definition/definition.js';
import type { Knex } from 'knex';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { GivenEvent, GivenStoredEvent } from '../scenario/types.js';

/** The database in which a scenario of a projection runs: what `openDatabase` gives, or a Knex instance. */
export interface ScenarioDatabase {
  /** The connections to it. Their role must be allowed to create schemas. */
  readonly knex: Knex;
}

/** The events of one commit to one aggregate, after its id. */
export type GivenCommit<From extends Aggregate> =
  From extends Aggregate<infer Types> ? readonly [id: Timestamp, ...events: GivenEvent<Types['events']>[]] : never;

/** A row of a table: the values of all its columns, as the driver gives them. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * Events of any number of aggregates, and the rows that a projection must make of them. Methods that add events return a new
 * scenario and leave this one as it is. Nothing runs before rows are asked for; a scenario that is awaited itself fails.
 */
export interface ProjectionScenario<From extends Aggregate> {
  /**
   * Adds commits, each a list of an id and of events in the newest shape of their bodies: `given([id, event, event], [other, event])`. Throws here, not when it
   * runs, for events that could not be committed.
   */
  given(...commits: readonly GivenCommit<From>[]): ProjectionScenario<From>;
  /**
   * Adds commits of older code or of other programs: events of any type with any body, and of any aggregate. Only workers take
   * them in.
   */
  givenStored(
    ...commits: readonly (readonly [id: Timestamp, ...events: GivenStoredEvent[]])[]
  ): ProjectionScenario<From>;
  /**
   * Runs the projection and expects exactly these rows in a table, in any order. Rejects with `ScenarioError` when there are
   * others; when handlers fail; or when commits, a worker that catches up, and a rebuild come to different tables.
   */
  thenRows(table: string, rows: readonly Row[]): Promise<void>;
  /** Expects the rows of several tables, as {@link thenRows} does, in one run. */
  thenTables(tables: Readonly<Record<string, readonly Row[]>>): Promise<void>;
  /** Runs the projection, and resolves to the rows of a table for assertions of other libraries, in no certain order. */
  rows(table: string): Promise<Row[]>;
}
