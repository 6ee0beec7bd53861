import type { Knex } from 'knex';
import type { Definition } from '../aggregate/definition/definition.js';
import type { CommittedEvent } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';

/** The property that marks projections and subscriptions, also those made by another copy of this package. */
export const BRAND = Symbol.for('maestro-store.projection');

/**
 * An event as handlers of projections and subscriptions get it: its type by its newest name, its body in the newest shape, its
 * metadata apart.
 */
export interface HandledEvent<Body = unknown> extends CommittedEvent<Body> {
  /** The type under which the log has the event: an older name, when the type was renamed since. */
  readonly storedType: string;
}

/** A function of a projection that takes in one event. Must write with the transaction only. */
export type ProjectionHandler = (event: HandledEvent, transaction: Knex.Transaction) => unknown;

/** A function of a subscription that reacts to one event. */
export type SubscriptionHandler = (event: HandledEvent, context: SubscriptionContext) => unknown;

/** One handler for all events, or one for each type that matters: a part of definitions without their types. */
export type Handlers<Handler> = Handler | Readonly<Record<string, Handler | undefined>>;

/** The facts that handlers of a subscription get beside the event. */
export interface SubscriptionContext {
  /** The name of this reaction to this event, the same at every attempt: `<subscription>:<aggregate id in hex>:<sequence>`. */
  readonly idempotencyKey: string;
  /** The number of this attempt at the event, from 1, without those that ended because a worker stopped or died. */
  readonly attempt: number;
  /** Aborted when the worker stops, or has lost the event to another worker. */
  readonly signal: AbortSignal;
  /**
   * The transaction in which the position moves: what is written with it happens exactly once. When a handler reads
   * this property for the first time, it is stopped and called again from its start, inside the transaction: read it in the first line.
   */
  readonly transaction: Knex.Transaction;
}

/** A named read model without its types, as Maestro runs it: made by `defineProjection`. For code that handles any projection. */
export interface ReadModelDefinition {
  readonly kind: 'projection';
  readonly name: string;
  /** The version of the handlers and tables, 1 or more. */
  readonly version: number;
  /** The aggregates whose events it is made of, one or more. */
  readonly from: readonly Definition[];
  /** Creates the tables, by unqualified names. Absent for a projection whose tables the application makes. */
  readonly setUp: ((transaction: Knex.Transaction) => unknown) | undefined;
  readonly project: Handlers<ProjectionHandler> | undefined;
  /** Takes in many events of many aggregates, those of each in order. */
  readonly projectBatch: ((events: readonly HandledEvent[], transaction: Knex.Transaction) => unknown) | undefined;
  /** Removes what there is of an aggregate whose events are erased. */
  readonly erased: ((aggregateId: Timestamp, transaction: Knex.Transaction) => unknown) | undefined;
  /** The file that called `defineProjection`, where that is known. */
  readonly file: string | undefined;
}

/** The point from which a subscription takes in events: those that are committed from now on, or all. */
export type StartAt = 'now' | 'beginning';

/** A named reaction to events without its types, as Maestro runs it: made by `defineSubscription`. For code that handles any subscription. */
export interface SubscriptionDefinition {
  readonly kind: 'subscription';
  readonly name: string;
  /** Subscriptions have no copies beside each other, so there is one version only. */
  readonly version: 1;
  /** The aggregates to whose events it reacts, one or more. */
  readonly from: readonly Definition[];
  /** The point at which it begins when it is run for the first time on a database; changing it later has no effect. */
  readonly startAt: StartAt;
  readonly handle: Handlers<SubscriptionHandler>;
  /** The file that called `defineSubscription`, where that is known. */
  readonly file: string | undefined;
}

/** A definition of what follows the log by positions. */
export type AnyProjection = ReadModelDefinition | SubscriptionDefinition;

/** True for what `defineProjection` or `defineSubscription` has made. */
export function isProjection(value: unknown): value is AnyProjection {
  return typeof value === 'object' && value !== null && BRAND in value;
}
