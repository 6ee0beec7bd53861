import type { LogPosition } from '../log/log-position.js';

/** The events to find, of all aggregates. */
export interface EventSearch {
  /** Only events of one of these types. */
  readonly types?: readonly string[] | undefined;
  /** Only events with a time of at least this, in milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Only events with a time of at most this, in milliseconds since 1970, that millisecond included. */
  readonly until?: number | undefined;
  /** Only events for whose body this jsonpath (PostgreSQL's) selects a value other than `false` and `null`. */
  readonly where?: string | undefined;
  /** Only events whose type or body contains this text, ignoring case. */
  readonly text?: string | undefined;
  /** Only events whose timestamp is of this node. */
  readonly node?: bigint | undefined;
  /** Only events of aggregates whose first event is of one of these types. */
  readonly firstTypes?: readonly string[] | undefined;
  /** Only events after this position, in the order of the search. */
  readonly after?: LogPosition | undefined;
  /** Only events up to this position, in the order of the search. */
  readonly upTo?: LogPosition | undefined;
  /** The latest event first. @defaultValue false */
  readonly reverse?: boolean | undefined;
  /** Largest number of events. @defaultValue all */
  readonly limit?: number | undefined;
}
