import { callerFile } from '../aggregate/definition/caller-file.js';
import { assertSubscription } from './assert-projection.js';
import { BRAND, type StartAt, type SubscriptionContext, type SubscriptionDefinition } from './definition.js';
import type { SomeAggregates, TypedHandlers } from './types.js';

/** A subscription as an application describes it to {@link defineSubscription}. */
export interface SubscriptionDescription<From extends SomeAggregates> {
  /** The name under which its positions are kept, and for people. Letters, digits, `-`, `_` and `.`. */
  readonly name: string;
  /**
   * The aggregates to whose events it reacts. Several need `owns` in their definitions. So does a single one where the log has other aggregates: without it,
   * handlers get those of their events, too, whose types have the same names, with bodies of another shape.
   */
  readonly from: From;
  /** The point at which it begins when it is run for the first time: events that are committed from then on, or all events. */
  readonly startAt: StartAt;
  /** Reacts to one event: a function for all types, or functions by type; events of other types are passed over. */
  readonly handle: TypedHandlers<From[number], SubscriptionContext>;
}

/**
 * Defines a named reaction to events that is no read model: a mail, a request to another system, a command of another aggregate.
 * Workers (`runProjections`) call its handler at least once for every event, one after another within an aggregate, and again
 * after a failure or a kill; `idempotencyKey` is the same each time. What is written with `transaction` happens exactly once.
 *
 * Throws `InvalidArgumentError` for faults that the compiler cannot see.
 */
export function defineSubscription<const From extends SomeAggregates>(
  description: SubscriptionDescription<From>,
): SubscriptionDefinition {
  assertSubscription(description);
  const { from } = description;
  const definition = {
    ...description,
    from: Object.freeze([...from]),
    version: 1,
    kind: 'subscription',
    file: callerFile(),
    [BRAND]: true,
  };
  // From here on definitions run without their types: handlers are found by name.
  return Object.freeze(definition as unknown as SubscriptionDefinition);
}
