import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Knex } from 'knex';
import type { CommittedEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { JsonObject, NumberMode } from '../../json/types.js';
import type { Projection } from '../../store/store.js';
import type { SnapshotPolicy } from './snapshot-policy.js';
import type { AggregateTypes, DecisionTools, EventOf } from './types.js';

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
  /** The older names of event types, by the newest; absent in definitions that an older copy of this package made. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
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
