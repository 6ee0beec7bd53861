import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Knex } from 'knex';
import type { CommittedEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { JsonObject, JsonValue, NumberMode } from '../../json/types.js';
import type { Projection } from '../../store/store.js';
import type { AggregateTypes, DecisionTools, EventOf } from './types.js';

/** When and how the states of an aggregate are kept as snapshots. */
export interface SnapshotPolicy<State> {
  /** Take one as soon as this many events follow the last; `'never'` takes none by itself. @defaultValue 'never' */
  readonly every?: number | 'never';
  /**
   * The version of the state's shape. A stored snapshot of another version, or of none, is not used, so change this
   * with every change of what {@link encode} gives or event handlers make of old events. Without a version snapshots
   * are stored bare, as Elixir Maestro stores them and reads them.
   */
  readonly version?: number | string;
  /** The JSON to store for a state; without a version it must be an object. @defaultValue the state itself */
  readonly encode?: (state: State) => unknown;
  /** The state that a stored JSON stands for. @defaultValue the JSON itself */
  readonly decode?: (json: JsonValue) => State;
}

/** How a tool tells that an aggregate id belongs to a definition, when nobody says so. */
export interface Ownership<Type extends string = string> {
  /** Types of event that only this aggregate's histories begin with. */
  readonly firstEvents?: readonly Type[];
  /** Whether an id is one of this aggregate's. */
  readonly ids?: (id: Timestamp) => boolean;
}

/** The old body of an event, and the event it is of. */
export type Upcaster = (body: JsonObject, event: Omit<CommittedEvent, 'body'>) => unknown;

/**
 * A read model of an aggregate, written in the transaction of its events: one function for all of them, or one for each
 * type that matters. Whatever it throws, or rejects with, rolls the events back.
 */
export type AggregateProjection<Bodies> =
  ((event: EventOf<Bodies>, transaction: Knex.Transaction) => unknown) | ProjectionByType<Bodies>;

/** The functions of an {@link AggregateProjection} by the type of their events; those of other types are not projected. */
export type ProjectionByType<Bodies> = {
  readonly [Type in keyof Bodies & string]?: (event: EventOf<Bodies, Type>, transaction: Knex.Transaction) => unknown;
};

/** A definition as the rest of Maestro runs it, its types set aside. */
export interface Definition {
  readonly name: string;
  readonly initialState: () => unknown;
  readonly commands: Readonly<Record<string, (state: unknown, data: unknown, tools: DecisionTools) => unknown>>;
  readonly events: Readonly<Record<string, (state: unknown, body: unknown) => unknown>>;
  readonly schemas: Readonly<Record<string, StandardSchemaV1>>;
  readonly upcasters: Readonly<Record<string, Upcaster | undefined>>;
  readonly projections: readonly (Projection | Readonly<Record<string, Projection | undefined>>)[];
  readonly snapshot: SnapshotPolicy<unknown>;
  readonly owns: Ownership;
  readonly numbers: NumberMode;
  readonly render: ((state: unknown) => string) | undefined;
  /** The file that defines it, where that can be told. */
  readonly file: string | undefined;
}

/** What {@link defineAggregate} gives: a definition that knows its types. */
export interface Aggregate<Types extends AggregateTypes = AggregateTypes> extends Definition {
  /** Only there for the compiler. */
  readonly types?: Types;
}
