import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Knex } from 'knex';
import type { CommittedEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { JsonObject, JsonValue, NumberMode } from '../../json/types.js';
import type { Projection } from '../../store/store.js';
import type { AggregateTypes, DecisionTools, EventOf } from './types.js';

/** The policy for an aggregate's snapshots. */
export interface SnapshotPolicy<State> {
  /**
   * Number of events after the last snapshot at which a new one is stored; `'never'` stores none automatically.
   * @defaultValue 'never'
   */
  readonly every?: number | 'never';
  /**
   * The version of the state's shape. A stored snapshot of another version, or of none, is not used, so change this
   * with every change of the shape that {@link encode} returns, or of what event handlers make of old events. Without a
   * version, snapshots are stored in Elixir Maestro's format, which has none.
   */
  readonly version?: number | string;
  /** The JSON to store for a state; without a version it must be an object. @defaultValue the state itself */
  readonly encode?: (state: State) => unknown;
  /** The state for a stored JSON value, the inverse of {@link encode}. @defaultValue the JSON value itself */
  readonly decode?: (json: JsonValue) => State;
}

/** The rules by which a tool finds the definition of an aggregate id when none is named. */
export interface Ownership<Type extends string = string> {
  /** Types of event that only this aggregate's histories begin with. */
  readonly firstEvents?: readonly Type[];
  /** Returns true for an id of this definition's aggregates. */
  readonly ids?: (id: Timestamp) => boolean;
}

/** Converts the stored body of an event into the newest shape; also gets the other fields of the event. */
export type Upcaster = (body: JsonObject, event: Omit<CommittedEvent, 'body'>) => unknown;

/**
 * A read model of an aggregate, written in the transaction of its events: one function for all of them, or one for each
 * type that matters. Whatever it throws, or rejects with, rolls the events back.
 */
export type AggregateProjection<Bodies> =
  ((event: EventOf<Bodies>, transaction: Knex.Transaction) => unknown) | ProjectionByType<Bodies>;

/** The functions of an {@link AggregateProjection}, by type of event; events of other types are not projected. */
export type ProjectionByType<Bodies> = {
  readonly [Type in keyof Bodies & string]?: (event: EventOf<Bodies, Type>, transaction: Knex.Transaction) => unknown;
};

/** A definition without its types, as Maestro runs it. */
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
  /** The file that called `defineAggregate`, where that is known. */
  readonly file: string | undefined;
}

/** A definition that knows its types, made by {@link defineAggregate}. */
export interface Aggregate<Types extends AggregateTypes = AggregateTypes> extends Definition {
  /** Exists only for the compiler. */
  readonly types?: Types;
}
