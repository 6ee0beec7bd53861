import type { StoredEvent } from '../../events.js';
import type { EventLog } from '../log/event-log.js';

/** Runs work with the log, on open connections or on a database that is opened for it. */
export type LogReader = <Value>(work: (log: EventLog) => Promise<Value>) => Promise<Value>;

/** Finds new events. */
export interface Follower {
  /** True when `begin` has looked at a part of the log, and found fewer events than it was to. */
  readonly isPartial: boolean;
  /**
   * Returns the last events of the log, the oldest first. Every event that is in the log now counts as known from here
   * on.
   */
  begin(log: EventLog, lines: number): Promise<readonly StoredEvent[]>;
  /**
   * Returns a batch of events that are not known yet, in order; empty when there are none. Events become known by
   * {@link acknowledge}, so a batch that was lost on its way is returned again.
   */
  poll(log: EventLog): Promise<readonly StoredEvent[]>;
  /** Marks an event as known: it was delivered. */
  acknowledge(event: StoredEvent): void;
}
