import type { Timestamp } from '../../hlc/timestamp.js';

/** Facts about an aggregate, without its state. */
export interface AggregateSummary {
  readonly aggregateId: Timestamp;
  /** Number of its events in the log. */
  readonly events: number;
  /** The sequence of its last event. */
  readonly sequence: number;
  /** The timestamp of its first event. */
  readonly first: Timestamp;
  /** The timestamp of its last event. */
  readonly last: Timestamp;
  /** The type of its last event. */
  readonly type: string;
  /** The sequence of its snapshot; absent without one. */
  readonly snapshot: number | undefined;
}

/** The order: `id`; `events`, most events first; `last`, latest last event first. */
export type AggregateOrder = 'id' | 'events' | 'last';

/** The aggregates to list, and their order. */
export interface AggregateFilter {
  /** Only aggregates with an event of one of these types (between `since` and `until`, where given). */
  readonly types?: readonly string[] | undefined;
  /** Only aggregates with an event with a time of at least this, in milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Only aggregates with an event with a time of at most this, in milliseconds since 1970. */
  readonly until?: number | undefined;
  /** Only aggregates with an event of this node (of one of the types, between the times, where given). */
  readonly node?: bigint | undefined;
  /** Only aggregates whose first event is of one of these types. */
  readonly firstTypes?: readonly string[] | undefined;
  /** Only aggregates that have a snapshot. @defaultValue false */
  readonly withSnapshot?: boolean | undefined;
  /** The order of the list. @defaultValue 'id' */
  readonly sort?: AggregateOrder | undefined;
  /** Only aggregates after this cursor, made by `aggregateCursor` for the same order. */
  readonly after?: string | undefined;
  /** Largest number of aggregates. @defaultValue all */
  readonly limit?: number | undefined;
}
