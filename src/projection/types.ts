import type { PositionedProjection } from '../store/commit/positioned-projection.js';
import type { Knex } from 'knex';
import type { Aggregate } from '../aggregate/definition/definition.js';
import type { EventOf, HandledOf } from '../aggregate/definition/types.js';
import type { HandledEvent, ReadModelDefinition } from './definition.js';

/** One or more aggregates. */
export type SomeAggregates = readonly [Aggregate, ...Aggregate[]];

/** An event of some aggregates as handlers of projections and subscriptions get it; of all their types, or of one. */
export type ProjectedEvent<From extends Aggregate, Type extends string = string> =
  From extends Aggregate<infer Types>
    ? Extract<EventOf<HandledOf<Types>>, { readonly type: Type }> & Pick<HandledEvent, 'storedType'>
    : never;

/** The types of events of some aggregates. */
export type ProjectedType<From extends Aggregate> =
  From extends Aggregate<infer Types> ? keyof HandledOf<Types> & string : never;

/** Functions by type of event, each called with an event of its type and something beside it. */
export type HandlersByType<From extends Aggregate, Beside> = {
  readonly [Type in ProjectedType<From>]?: (event: ProjectedEvent<From, Type>, beside: Beside) => unknown;
};

/** A function for events of all types, or functions by type of event, typed by the aggregates in `from`. */
export type TypedHandlers<From extends Aggregate, Beside> =
  ((event: ProjectedEvent<From>, beside: Beside) => unknown) | HandlersByType<From, Beside>;

/** A function that takes in many events of some aggregates at once. */
export type BatchHandler<From extends Aggregate> = (
  events: readonly ProjectedEvent<From>[],
  transaction: Knex.Transaction,
) => unknown;

/** A projection that knows the aggregates that it is made of, made by `defineProjection`. */
export interface ProjectionDefinition<From extends Aggregate = Aggregate>
  extends ReadModelDefinition, PositionedProjection {
  /** Exists only for the compiler. */
  readonly aggregates?: From;
}
