import type { Knex } from 'knex';
import { callerFile } from '../aggregate/definition/caller-file.js';
import { withoutUndefined } from '../aggregate/definition/without-undefined.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { type PositionedProjection, POSITIONED } from '../store/commit/positioned-projection.js';
import { assertProjection } from './assert-projection.js';
import { BRAND, type ReadModelDefinition } from './definition.js';
import { inlineProjection } from './inline/inline-projection.js';
import type { BatchHandler, ProjectionDefinition, SomeAggregates, TypedHandlers } from './types.js';

/** A projection as an application describes it to {@link defineProjection}. */
export interface ProjectionDescription<From extends SomeAggregates> {
  /** The name under which its positions are kept, and for people. Letters, digits, `-`, `_` and `.`. */
  readonly name: string;
  /**
   * The version of its tables and handlers. A higher one than that of the database is filled beside the tables in use, which go on being read and written
   * meanwhile, and then takes their place. Code with a lower one leaves the projection alone. Raise it whenever `setUp`, `from` or what
   * handlers make is changed: nothing tells you that you forgot it, but `maestro projections verify`. @defaultValue 1
   */
  readonly version?: number;
  /**
   * The aggregates whose events it is made of. Several need `owns` in their definitions. So does a single one where the log has other aggregates: without it,
   * handlers get those of their events, too, whose types have the same names, with bodies of another shape.
   */
  readonly from: From;
  /**
   * Creates the tables and whatever else belongs to them, by names without a schema; has to await each query. Called when the projection is run on a
   * database for the first time, and once for each rebuild, which makes a second set of tables; not again when you change it: raise `version`.
   * Without it the application creates the tables, and there is no rebuild.
   */
  readonly setUp?: (transaction: Knex.Transaction) => unknown;
  /**
   * Takes in one event: a function for all types, or functions by type; events of other types are passed over. Bodies come as event
   * handlers get them: the upcaster and the schema were applied. There has to be this or `projectBatch`.
   */
  readonly project?: TypedHandlers<From[number], Knex.Transaction>;
  /**
   * Takes in many events of many aggregates at once, those of each aggregate in order: what makes catching up fast. Where both
   * are given, commits call `project` for their own events, and all else is taken in by `projectBatch`. Alone, it gets the events of a commit as one list.
   */
  readonly projectBatch?: BatchHandler<From[number]>;
  /**
   * Removes what there is of an aggregate. Called when its events are erased; when paths are, before it is taken in again; and by `projectionScenario`. Without
   * it `maestro erase` refuses, unless it is forced.
   */
  readonly erased?: (aggregateId: Timestamp, transaction: Knex.Transaction) => unknown;
}

/**
 * Defines a named read model: tables that are made of the events of some aggregates, in the transaction of a commit (`openAggregates(…,
 * { projections })`) or by workers (`runProjections`), or both. Each aggregate has a position in it that moves in the transaction that
 * changes the tables, so that every event is taken in exactly once, in its order within the aggregate, whoever wrote it and
 * whenever it became visible. Events of different aggregates come in any order. Nothing runs until it is opened or run.
 *
 * Handlers must write with the transaction that they are given, and use nothing but the event and the tables: they run anew for
 * a rebuild. Throws `InvalidArgumentError` for faults that the compiler cannot see.
 */
export function defineProjection<const From extends SomeAggregates>(
  description: ProjectionDescription<From>,
): ProjectionDefinition<From[number]> {
  assertProjection(description);
  const { from } = description;
  const parts: object = {
    version: 1,
    setUp: undefined,
    project: undefined,
    projectBatch: undefined,
    erased: undefined,
    ...withoutUndefined(description),
    from: Object.freeze([...from]),
    kind: 'projection',
    file: callerFile(),
    [BRAND]: true,
  };
  // From here on definitions run without their types: handlers are found by name.
  const definition = parts as ReadModelDefinition;
  // Not among the properties that a copy of it has: a store would run the handlers of this one.
  Object.defineProperty(definition, POSITIONED, { value: inlineProjection(definition) });
  return Object.freeze(definition as ReadModelDefinition & PositionedProjection);
}
